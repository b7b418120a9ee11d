class CreateNotes < ActiveRecord::Migration[6.1]
  def change
    create_table(:users) { |t| t.text :name }
    create_table :notes do |t|
      t.text :text
      t.references :author, null: false, foreign_key: { to_table: :users }
    end
  end
end
