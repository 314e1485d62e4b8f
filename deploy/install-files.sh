#!/bin/sh
# Installs everything but the program and what systemd reads: a first configuration, manual page, completions,
# schema, alerts, dashboard, documents.
#
#   deploy/install-files.sh PROGRAM PREFIX [ROOT]
#
# PROGRAM: the assured that was built; it writes its manual page and the like itself. PREFIX: /usr or /usr/local.
# ROOT: what paths begin with, / by default; `make install` and the Debian package are both made by this.
# A configuration that is there stays as it is.
set -eu

[ $# -ge 2 ] || { echo "usage: $0 PROGRAM PREFIX [ROOT]" >&2; exit 64; }
program=$1 prefix=$2 root=${3:-}
share=$prefix/share
cd "$(dirname "$0")/.."

# Standard input becomes a file.
put() {
    install -D -m "$1" /dev/stdin "$root$2"
}

schema=$share/assured/assured.schema.json
"$program" schema | put 0644 "$schema"
"$program" man | gzip -9 --no-name | put 0644 "$share/man/man1/assured.1.gz"
"$program" completions bash | put 0644 "$share/bash-completion/completions/assured"
"$program" completions fish | put 0644 "$share/fish/vendor_completions.d/assured.fish"
# Debian's zsh looks for what packages bring, and for what an administrator installs, in two places.
case $prefix in
    /usr) zsh=$share/zsh/vendor-completions ;;
    *) zsh=$share/zsh/site-functions ;;
esac
"$program" completions zsh | put 0644 "$zsh/_assured"

# Readable for the service and nobody else: URIs of hosts can have passwords in them.
config=/etc/assured/assured.toml
[ -e "$root$config" ] || sed "1s|#:schema .*|#:schema $schema|" config/first.toml | put 0640 "$config"

put 0644 "$share/assured/prometheus/alerts.yml" <deploy/prometheus/alerts.yml
put 0644 "$share/assured/grafana/assured.json" <deploy/grafana/assured.json

documents=$share/doc/assured
put 0644 "$documents/README.md" <README.md
put 0644 "$documents/examples/assured.toml" <config/example.toml
for page in docs/*.md; do
    put 0644 "$documents/$page" <"$page"
done
# Debian's name for what others call a change log; it is kept compressed there.
gzip -9 --no-name <CHANGELOG.md | put 0644 "$documents/changelog.gz"
