const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env;

module.exports = {
  development: { dialect: 'postgres', host: PGHOST, port: PGPORT, username: PGUSER, database: PGDATABASE },
};
