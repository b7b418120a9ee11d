exports.up = async (knex) => {
  await knex.schema.createTable('users', (table) => {
    table.increments();
    table.text('name');
  });
  await knex.schema.createTable('notes', (table) => {
    table.increments();
    table.text('text');
    table.integer('author_id').notNullable().references('users.id');
  });
};

exports.down = (knex) => knex.schema.dropTable('notes').dropTable('users');
