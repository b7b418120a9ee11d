// Prints what would bring the database to what the models say; its argument is a list of schemas to ignore.
const { EntitySchema, MikroORM } = require('@mikro-orm/postgresql')

const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env
const User = new EntitySchema({
  name: 'User',
  tableName: 'users',
  properties: { id: { type: 'number', primary: true }, name: { type: 'text', nullable: true } },
})

MikroORM.init({
  entities: [User],
  host: PGHOST,
  port: Number(PGPORT),
  user: PGUSER,
  dbName: PGDATABASE,
  schemaGenerator: { ignoreSchema: process.argv.slice(2) },
}).then(async (orm) => {
  console.log(await orm.schema.getUpdateSchemaSQL())
  await orm.close(true)
})
