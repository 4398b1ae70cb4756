#!/bin/sh
# Copies PostgreSQL's programs out of the image that serves the database, with every library they need and the loader that
# finds those: `carry.sh FOLDER` in that image; FOLDER is then copied to / of another one, whichever C library it has.
# Backups are taken, read and proven by exactly what wrote them. Where the image has no PostgreSQL, nothing is copied.
set -eu

to=$1
root=/opt/postgresql
mkdir -p "$to"

postgres=$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1) || true
if [ -z "$postgres" ]; then
  echo "no PostgreSQL in this image: nothing is carried"
  exit 0
fi
bin=$(dirname "$(readlink -f "$postgres")")
major=$("$postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
if [ -x "$bin/pg_config" ]; then
  share=$("$bin/pg_config" --sharedir)
  modules=$("$bin/pg_config" --pkglibdir)
else
  share=/usr/share/postgresql/$major
  modules=/usr/lib/postgresql/$major/lib
fi

mkdir -p "$to$root/programs" "$to$root/lib" "$to$root$bin" "$to$root$modules" "$to$root$(dirname "$share")"
cp -RL "$share" "$to$root$share"
rm -rf "$to$root$share/man" "$to$root$share/doc"
for module in "$modules"/*.so; do
  case $(basename "$module") in
    # it would bring a compiler along
    llvmjit*) ;;
    *) cp -L "$module" "$to$root$modules/" ;;
  esac
done

programs="postgres initdb psql pg_dump pg_dumpall pg_restore pg_basebackup pg_receivewal pg_combinebackup pg_waldump pg_verifybackup
  pg_controldata pg_checksums pg_ctl pg_isready pg_amcheck pg_resetwal"
for program in $programs; do
  [ -x "$bin/$program" ] || continue
  cp -L "$bin/$program" "$to$root/programs/$program"
  # the loader by its own name, for the one of the other image may be older; programs look for each other beside argv[0]
  printf '#!/bin/sh\nexec %s/lib/loader --argv0 %s%s/%s --library-path %s/lib %s/programs/%s "$@"\n' \
    "$root" "$root" "$bin" "$program" "$root" "$root" "$program" > "$to$root$bin/$program"
  chmod 755 "$to$root$bin/$program"
done

# of `name => /path (0x…)` and `/lib/ld-… (0x…)` the paths
needed() {
  ldd "$1" 2>/dev/null | sed -nE 's/.*=> (\/[^ ]+).*/\1/p; s/^[[:space:]]*(\/[^ ]+) \(.*/\1/p'
}
for file in "$to$root/programs"/* "$to$root$modules"/*.so; do
  needed "$file"
done | sort -u | while read -r library; do
  [ -e "$library" ] || continue
  cp -L "$library" "$to$root/lib/"
  case $(basename "$library") in
    ld-*) cp -L "$library" "$to$root/lib/loader" ;;
  esac
done

mkdir -p "$to/usr/lib/postgresql/$major"
ln -s "$root$bin" "$to/usr/lib/postgresql/$major/bin"
echo "carried PostgreSQL $major: $(du -sm "$to" | cut -f 1) MB"
