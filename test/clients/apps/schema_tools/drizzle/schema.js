const { foreignKey, integer, pgTable, serial, text } = require('drizzle-orm/pg-core')

exports.users = pgTable('users', { id: serial('id').primaryKey(), name: text('name') })
exports.notes = pgTable('notes', { id: serial('id').primaryKey(), author_id: integer('author_id') }, (notes) => [
  foreignKey({
    name: 'notes_author_id_fkey',
    columns: [notes.author_id],
    foreignColumns: [exports.users.id],
  }).onDelete('cascade').onUpdate('no action'),
])
