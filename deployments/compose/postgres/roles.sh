#!/bin/sh
# The roles and databases of a new server, each with no more rights than it needs; run once, by the image, as the superuser.
set -eu

psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set database `cat /run/secrets/database_password`
\set prefect `cat /run/secrets/prefect_password`
\set exporter `cat /run/secrets/exporter_password`
-- REPLICATION is for base backups and the log
CREATE ROLE insitechart LOGIN REPLICATION PASSWORD :'database';
CREATE ROLE prefect LOGIN PASSWORD :'prefect';
CREATE ROLE exporter LOGIN PASSWORD :'exporter' IN ROLE pg_monitor CONNECTION LIMIT 5;
CREATE DATABASE insitechart OWNER insitechart TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE prefect OWNER prefect TEMPLATE template0 ENCODING 'UTF8';
REVOKE CONNECT ON DATABASE insitechart, prefect FROM PUBLIC;
-- its backups keep Prefect's database, too
GRANT prefect TO insitechart;
-- migrations ask what the server has loaded, backups how it is set
GRANT pg_read_all_settings TO insitechart;
GRANT CONNECT ON DATABASE insitechart, prefect TO exporter;
\c prefect
CREATE EXTENSION IF NOT EXISTS pg_trgm;
\c insitechart
SELECT 'CREATE EXTENSION IF NOT EXISTS timescaledb'
WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
  AND current_setting('shared_preload_libraries') LIKE '%timescaledb%'
\gexec
SQL

echo "host replication insitechart samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
