// Does what schema:drop does.
require('reflect-metadata')
const { DataSource } = require('typeorm')

const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env
const source = new DataSource({ type: 'postgres', host: PGHOST, port: Number(PGPORT), username: PGUSER, database: PGDATABASE })

source.initialize().then(async () => {
  await source.dropDatabase()
  await source.destroy()
})
