# Run once by PostgreSQL's image, when the business database is made. What each role may do with the tables comes with the schema
# (`duixian init`); `duixian db roles` shows it.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres \
  -v owner="$(cat /run/secrets/records-db-owner)" \
  -v service="$(cat /run/secrets/records-db-service)" \
  -v runs="$(cat /run/secrets/records-db-runs)" <<'SQL'
CREATE ROLE duixian_owner NOLOGIN;
CREATE ROLE duixian_app NOLOGIN;
CREATE ROLE duixian_worker NOLOGIN;
CREATE ROLE duixian_auditor NOLOGIN;
CREATE ROLE duixian_upgrade LOGIN PASSWORD :'owner' IN ROLE duixian_owner;
ALTER ROLE duixian_upgrade SET role = 'duixian_owner';
CREATE ROLE duixian_service LOGIN PASSWORD :'service' IN ROLE duixian_app;
CREATE ROLE duixian_runs LOGIN PASSWORD :'runs' IN ROLE duixian_worker;
CREATE DATABASE duixian OWNER duixian_owner;
REVOKE ALL ON DATABASE duixian FROM PUBLIC;
GRANT CONNECT ON DATABASE duixian TO duixian_owner, duixian_app, duixian_worker, duixian_auditor;
\connect duixian
ALTER SCHEMA public OWNER TO duixian_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL
