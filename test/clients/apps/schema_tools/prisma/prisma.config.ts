import { defineConfig } from 'prisma/config'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'

// The adapter knows neither "char" nor name, of which the catalogs are full.
class CatalogPool extends Pool {
  async query(statement) {
    const client = await this.connect()
    try {
      const result = await client.query(statement)
      for (const field of result.fields ?? []) {
        if (field.dataTypeID === 18 || field.dataTypeID === 19) field.dataTypeID = 25
      }
      return result
    } finally {
      client.release()
    }
  }
}

export default defineConfig({
  experimental: { adapter: true },
  engine: 'js',
  schema: 'schema.prisma',
  adapter: async () => new PrismaPg(new CatalogPool()),
})
