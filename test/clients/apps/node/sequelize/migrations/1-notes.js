module.exports = {
  async up(queryInterface, { INTEGER, TEXT }) {
    await queryInterface.createTable('users', {
      id: { type: INTEGER, primaryKey: true, autoIncrement: true },
      name: TEXT,
    });
    await queryInterface.createTable('notes', {
      id: { type: INTEGER, primaryKey: true, autoIncrement: true },
      text: TEXT,
      author_id: { type: INTEGER, allowNull: false, references: { model: 'users', key: 'id' } },
    });
  },

  async down(queryInterface) {
    await queryInterface.dropTable('notes');
    await queryInterface.dropTable('users');
  },
};
