# Run once by PostgreSQL's image, when the engine's database is made.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v engine="$(cat /run/secrets/engine-db-engine)" <<'SQL'
CREATE ROLE engine LOGIN PASSWORD :'engine';
CREATE DATABASE engine OWNER engine;
REVOKE ALL ON DATABASE engine FROM PUBLIC;
SQL
