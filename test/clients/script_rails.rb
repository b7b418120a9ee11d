# Runs an ActiveRecord migration: script_rails.rb FILE up|down
require "active_record"
require "fileutils"
require "tmpdir"

migration, direction = ARGV
ActiveRecord::Base.establish_connection(adapter: "postgresql")
Dir.mktmpdir do |folder|
  FileUtils.cp(migration, "#{folder}/20260101000000_fkfix_foreign_key_actions.rb")
  ActiveRecord::Migrator.migrations_paths = folder
  ENV["VERSION"] = "0" if direction == "down"
  ActiveRecord::Tasks::DatabaseTasks.migrate
end
