#!/bin/sh
# Installs Varco on a Raspberry Pi from a built tree, or brings an installation up to this tree. Running it
# again changes nothing that is already right. It never starts a gate whose relay lines have changed without
# asking: a wrong line may be a lock.
#
# Usage: sudo deploy/install.sh [--check] [--yes]
#   --check   say what would be changed, change nothing
#   --yes     also start a gate whose relay lines are new or have changed
# DESTDIR=/some/folder installs below that folder, without users, rules or services.
set -eu

PREFIX=/opt/varco
CONFIG_DIR=/etc/varco
STATE_DIR=/var/lib/varco
UNIT=/etc/systemd/system/varco.service
SERVICE_USER=varco
LEAST_NODE_MAJOR=20
LEAST_NODE_MINOR=19
SITE_KEY_BYTES=32

root=${DESTDIR:-}
source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
check_only=no
start_changed_pins=no
changes=0

for word in "$@"; do
  case $word in
    --check) check_only=yes ;;
    --yes) start_changed_pins=yes ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "install.sh: unknown option $word; see --help" >&2; exit 2 ;;
  esac
done

stop() {
  echo "install.sh: $1" >&2
  exit 3
}

# change DESCRIPTION COMMAND...: says what is done and does it, unless this is only a check.
change() {
  changes=$((changes + 1))
  if [ "$check_only" = yes ]; then
    echo "would $1"
    return
  fi
  echo "$1"
  shift
  "$@"
}

# On the machine itself; a staged installation has neither users nor services.
on_machine() {
  [ -z "$root" ]
}

# Gives a file to the service user, where that user exists.
own() {
  if on_machine; then chown "$1" "$2"; fi
}

check_surroundings() {
  if on_machine && [ "$check_only" = no ] && [ "$(id -u)" -ne 0 ]; then
    stop "run it as root: sudo deploy/install.sh"
  fi
  command -v node > /dev/null || stop "Node.js is missing: apt install nodejs (version $LEAST_NODE_MAJOR.$LEAST_NODE_MINOR or later)"
  node -e "
    const [major, minor] = process.versions.node.split('.').map(Number);
    process.exit(major > $LEAST_NODE_MAJOR || (major === $LEAST_NODE_MAJOR && minor >= $LEAST_NODE_MINOR) ? 0 : 1);
  " || stop "Node.js $(node --version) is too old: install $LEAST_NODE_MAJOR.$LEAST_NODE_MINOR or later"
  [ -f "$source_dir/dist/src/app/main.js" ] || stop "this tree is not built: run npm ci && npm run build"
  [ -d "$source_dir/node_modules/better-sqlite3" ] || stop "the packages are missing: run npm ci"
}

# put_file SOURCE TARGET MODE: copies a file when it differs.
put_file() {
  if ! cmp -s "$1" "$root$2"; then
    change "write $2" install -D -m "$3" "$1" "$root$2"
  fi
}

system_has_device_rules() {
  grep -rqs 'spidev' /etc/udev/rules.d/99-com.rules /usr/lib/udev/rules.d /lib/udev/rules.d
}

install_user_and_rules() {
  put_file "$source_dir/systemd/varco.sysusers.conf" /usr/lib/sysusers.d/varco.conf 0644
  if on_machine && ! id "$SERVICE_USER" > /dev/null 2>&1; then
    change "create the user $SERVICE_USER in the groups gpio and spi" systemd-sysusers /usr/lib/sysusers.d/varco.conf
  fi
  if ! on_machine || ! system_has_device_rules; then
    put_file "$source_dir/systemd/60-varco.rules" /etc/udev/rules.d/60-varco.rules 0644
  fi
}

program_is_current() {
  for part in dist drivers/README.md package.json README.md; do
    diff -rq "$source_dir/$part" "$root$PREFIX/$part" > /dev/null 2>&1 || return 1
  done
  cmp -s "$source_dir/package-lock.json" "$root$PREFIX/package-lock.json"
}

# The new tree is completed beside the old one and then takes its place, so a cut cable leaves one of the two.
replace_program() {
  fresh=$root$PREFIX.new
  rm -rf "$fresh"
  mkdir -p "$fresh/drivers"
  for part in dist node_modules package.json package-lock.json README.md LICENSE deploy systemd; do
    cp -a "$source_dir/$part" "$fresh/"
  done
  cp -a "$source_dir/drivers/README.md" "$fresh/drivers/"
  (cd "$fresh" && npm prune --omit=dev --no-save --offline --ignore-scripts --no-audit --no-fund > /dev/null)
  if on_machine; then chown -R root:root "$fresh"; fi
  chmod -R go-w "$fresh"
  rm -rf "$root$PREFIX.old"
  if [ -d "$root$PREFIX" ]; then mv "$root$PREFIX" "$root$PREFIX.old"; fi
  mv "$fresh" "$root$PREFIX"
  rm -rf "$root$PREFIX.old"
}

write_launcher() {
  mkdir -p "$root/usr/local/bin"
  printf '#!/bin/sh\nexec /usr/bin/node %s/dist/src/app/main.js "$@"\n' "$PREFIX" > "$root/usr/local/bin/varco"
  chmod 0755 "$root/usr/local/bin/varco"
}

install_program() {
  if ! program_is_current; then
    program_changed=yes
    change "install the program in $PREFIX" replace_program
  fi
  if [ ! -x "$root/usr/local/bin/varco" ]; then
    change "write the command /usr/local/bin/varco" write_launcher
  fi
}

make_config_dir() {
  mkdir -p "$root$CONFIG_DIR"
  chmod 0750 "$root$CONFIG_DIR"
  own "root:$SERVICE_USER" "$root$CONFIG_DIR"
}

write_example() {
  install -m 0640 "$source_dir/deploy/gate.example.yaml" "$root$CONFIG_DIR/gate.yaml"
  own "root:$SERVICE_USER" "$root$CONFIG_DIR/gate.yaml"
}

# The key is made complete under another name: a cut cable must not leave a short key that looks like one.
make_site_key() {
  (
    umask 077
    head -c "$SITE_KEY_BYTES" /dev/urandom > "$root$CONFIG_DIR/site.key.new"
  )
  chmod 0400 "$root$CONFIG_DIR/site.key.new"
  own "$SERVICE_USER:$SERVICE_USER" "$root$CONFIG_DIR/site.key.new"
  sync "$root$CONFIG_DIR/site.key.new"
  mv "$root$CONFIG_DIR/site.key.new" "$root$CONFIG_DIR/site.key"
}

install_config() {
  if [ ! -d "$root$CONFIG_DIR" ]; then change "create $CONFIG_DIR" make_config_dir; fi
  if [ ! -f "$root$CONFIG_DIR/gate.yaml" ]; then
    example_written=yes
    change "write the example to $CONFIG_DIR/gate.yaml" write_example
  fi
  # An existing key is never replaced: every stored pseudonym would be orphaned.
  if [ ! -f "$root$CONFIG_DIR/site.key" ]; then change "make a site key in $CONFIG_DIR/site.key" make_site_key; fi
}

install_unit() {
  if ! cmp -s "$source_dir/systemd/varco.service" "$root$UNIT"; then
    program_changed=yes
    change "write $UNIT" install -D -m 0644 "$source_dir/systemd/varco.service" "$root$UNIT"
    if on_machine; then change "reload systemd" systemctl daemon-reload; fi
  fi
}

# The relay lines that the configuration names, in the form of the pin map.
configured_pins() {
  node --input-type=module -e "
    const { loadConfig } = await import('$source_dir/dist/src/config/load-config.js');
    const { pinMapOf } = await import('$source_dir/dist/src/app/pin-map.js');
    const loaded = await loadConfig('$CONFIG_DIR/gate.yaml');
    if (!loaded.ok) process.exit(1);
    console.log(JSON.stringify(pinMapOf(loaded.value.config)));
  "
}

may_start() {
  pins=$(configured_pins) || {
    echo "not started: $CONFIG_DIR/gate.yaml is not valid; see: varco doctor"
    return 1
  }
  if [ "$pins" = "$(cat "$STATE_DIR/pin-map.json" 2> /dev/null)" ] || [ "$start_changed_pins" = yes ]; then return 0; fi
  echo "the relay lines are new or have changed: $pins"
  if [ "$check_only" = yes ]; then
    echo "would ask before the gate is started"
    return 1
  fi
  if [ ! -t 0 ]; then
    echo "not started: check the wiring, then run: sudo systemctl enable --now varco"
    return 1
  fi
  printf 'Are these lines wired to these relays, and may the gate start? [y/N] '
  read -r answer
  [ "$answer" = y ] || [ "$answer" = Y ]
}

start_gate() {
  if [ "$example_written" = yes ]; then
    echo "adapt $CONFIG_DIR/gate.yaml, check it with varco doctor, then run: sudo systemctl enable --now varco"
    return
  fi
  if systemctl is-active --quiet varco; then
    if [ "$program_changed" = yes ] && may_start; then change "restart the gate" systemctl restart varco; fi
  elif may_start; then
    change "start the gate, now and at every boot" systemctl enable --now varco
  fi
}

program_changed=no
example_written=no
check_surroundings
install_user_and_rules
install_program
install_config
install_unit
if on_machine && [ -d /run/systemd/system ]; then start_gate; fi
if [ "$changes" -eq 0 ]; then echo "nothing to change"; fi
