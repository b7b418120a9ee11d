# A key as it is added to a large table: NOT VALID, and validated afterwards.
class AddTags < ActiveRecord::Migration[6.1]
  def change
    create_table(:tags) { |t| t.bigint :user_id }
    add_foreign_key :tags, :users, validate: false
    validate_foreign_key :tags, :users unless reverting?
  end
end
