// Prints what would bring the database to what the models say, or does with the argument "drop" what schema:drop does.
require('reflect-metadata')
const { DataSource, EntitySchema } = require('typeorm')

const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env
const User = new EntitySchema({
  name: 'User',
  tableName: 'users',
  columns: { id: { type: 'int', primary: true, generated: true }, name: { type: 'text', nullable: true } },
})
const source = new DataSource({
  type: 'postgres',
  host: PGHOST,
  port: Number(PGPORT),
  username: PGUSER,
  database: PGDATABASE,
  entities: [User],
})

source.initialize().then(async () => {
  if (process.argv[2] === 'drop') {
    await source.dropDatabase()
  } else {
    const { upQueries } = await source.driver.createSchemaBuilder().log()
    console.log(upQueries.map(({ query }) => query).join('\n'))
  }
  await source.destroy()
})
