#!/bin/sh
# Tells Elasticsearch how long lines are kept and what their fields are. May be run again at any time.
set -eu
: "${ELASTICSEARCH_URL:=http://elasticsearch:9200}"
put() {
  curl --fail --silent --show-error --user "${ELASTICSEARCH_USER:-elastic}:${ELASTICSEARCH_PASSWORD:-none}" \
    --request PUT "$ELASTICSEARCH_URL/$1" --header 'Content-Type: application/json' --data-binary "@$2"
  echo
}
folder="$(dirname "$0")"
put _ilm/policy/insitechart "$folder/retention.json"
put _index_template/insitechart "$folder/template.json"
