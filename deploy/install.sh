#!/bin/sh
# Installs Varco on a Raspberry Pi from a built tree, or brings an installation up to this tree. Running it
# again changes nothing that is already right. Everything it needs is checked before anything is changed. It
# never starts a gate whose relay lines are not those of its last start without asking: a wrong line may be a lock.
#
# Usage: sudo deploy/install.sh [--check] [--yes]
#   --check   say what would be changed, change nothing
#   --yes     the relay lines that are new or have changed are wired as the configuration says
# To go back to the release before, run its own copy: sudo /opt/varco/releases/…/deploy/install.sh
# DESTDIR=/some/folder installs below that folder, with its usr/bin/node, without users, rules or services.
# Exit code: 0 done, 1 installed but not started, 2 usage, 3 something is missing and nothing was changed.
set -eu
umask 022

PREFIX=/opt/varco
CONFIG_DIR=/etc/varco
STATE_DIR=/var/lib/varco
SERVICE_USER=varco
# The unit and the command name this very program; another one on the PATH does not count.
NODE=/usr/bin/node
LEAST_NODE_MAJOR=20
LEAST_NODE_MINOR=19
SITE_KEY_BYTES=32
UDEV_TIMEOUT_S=10
# A release: these, and of node_modules what is not for development only.
PARTS="dist deploy systemd drivers/README.md package.json package-lock.json README.md LICENSE"
# The packages that hold machine code, and those through which they are loaded.
NATIVE_FOLDERS="node_modules/better-sqlite3 node_modules/epoll node_modules/spi-device node_modules/i2c-bus node_modules/@serialport/bindings-cpp"
NATIVE_PACKAGES="better-sqlite3 onoff spi-device i2c-bus serialport"
# better-sqlite3 loads its machine code with the first database.
LOAD_PACKAGE='const loaded = require(process.argv[1]); if (typeof loaded === "function") new loaded(":memory:");'

root=${DESTDIR:-}
node=$root$NODE
source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
check_only=no
relays_are_wired=no
changes=0
program_changed=no
example_written=no
relays_changed=no

for word in "$@"; do
  case $word in
    --check) check_only=yes ;;
    --yes) relays_are_wired=yes ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
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

systemd_runs() {
  on_machine && [ -d /run/systemd/system ]
}

# Gives a file to the service user, where that user exists.
own() {
  if on_machine; then chown "$1" "$2"; fi
}

# What is renamed into place must be on the disk first; a staged installation is for its user to write out.
write_out() {
  if on_machine; then sync "$@"; fi
}

# Root follows no link that the service user could have laid into a folder of its own.
as_service_user() {
  if on_machine; then
    setpriv --reuid="$SERVICE_USER" --regid="$SERVICE_USER" --init-groups -- "$@"
  else
    "$@"
  fi
}

check_tree() {
  [ -f "$source_dir/dist/src/app/main.js" ] || stop "this tree is not built: run npm ci && npm run build"
  for part in $PARTS; do
    [ -e "$source_dir/$part" ] || stop "this tree is not whole, $part is missing: take the release anew"
  done
  for folder in $NATIVE_FOLDERS; do
    [ -d "$source_dir/$folder" ] || stop "$folder is missing: run npm ci, with python3, make and g++ installed"
  done
}

check_node() {
  [ -x "$node" ] || stop "$node is missing: apt install nodejs, or link another there, not one of a home folder"
  version=$("$node" -p process.versions.node) || stop "$node does not run: reinstall nodejs"
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  if [ "$major" -lt "$LEAST_NODE_MAJOR" ] ||
    { [ "$major" -eq "$LEAST_NODE_MAJOR" ] && [ "$minor" -lt "$LEAST_NODE_MINOR" ]; }; then
    stop "$node is $version, too old: install $LEAST_NODE_MAJOR.$LEAST_NODE_MINOR or later there"
  fi
  for package in $NATIVE_PACKAGES; do
    (cd "$source_dir" && "$node" -e "$LOAD_PACKAGE" "$package") > /dev/null 2>&1 ||
      stop "$package does not load in $node $version: it was built for another Node.js or machine; run npm ci with this one"
  done
}

check_surroundings() {
  if on_machine; then
    [ "$(id -u)" -eq 0 ] || stop "run it as root: sudo deploy/install.sh"
    for program in setpriv systemd-sysusers; do
      command -v "$program" > /dev/null || stop "$program is missing: apt install util-linux systemd"
    done
    system_has_device_rules || command -v udevadm > /dev/null || stop "udevadm is missing: apt install udev"
  fi
  check_tree
  check_node
}

write_file() {
  install -D -m "$3" "$1" "$root$2.new"
  write_out "$root$2.new"
  mv -T "$root$2.new" "$root$2"
}

# put_file SOURCE TARGET MODE: replaces a file in one step when it differs, and tells in $written.
put_file() {
  written=no
  if ! cmp -s "$1" "$root$2"; then
    written=yes
    change "write $2" write_file "$1" "$2" "$3"
  fi
}

system_has_device_rules() {
  grep -rqsE 'spidev.*GROUP="spi"' /etc/udev/rules.d/99-com.rules /usr/lib/udev/rules.d /lib/udev/rules.d
}

# The devices are there since boot, so the new rules reach them only by an event made for them.
apply_device_rules() {
  udevadm control --reload
  udevadm trigger --action=add --subsystem-match=spidev --subsystem-match=i2c-dev --subsystem-match=gpio
  udevadm settle --timeout="$UDEV_TIMEOUT_S"
}

make_state_dir() {
  install -d -m 0700 "$root$STATE_DIR"
  own "$SERVICE_USER:$SERVICE_USER" "$root$STATE_DIR"
}

install_user_and_rules() {
  put_file "$source_dir/systemd/varco.sysusers.conf" /usr/lib/sysusers.d/varco.conf 0644
  if on_machine && { [ "$written" = yes ] || ! id "$SERVICE_USER" > /dev/null 2>&1; }; then
    change "see to the user $SERVICE_USER and its groups" systemd-sysusers /usr/lib/sysusers.d/varco.conf
  fi
  if [ ! -d "$root$STATE_DIR" ]; then change "create $STATE_DIR" make_state_dir; fi
  if on_machine && system_has_device_rules; then return; fi
  put_file "$source_dir/systemd/60-varco.rules" /etc/udev/rules.d/60-varco.rules 0644
  if systemd_runs && [ "$written" = yes ]; then change "apply the device rules" apply_device_rules; fi
}

# Equal for equal programs on the same Node.js and machine: a new Node.js asks for packages built anew.
release_name() {
  (
    cd "$source_dir"
    # The lists are words on purpose.
    # shellcheck disable=SC2086
    digest=$({
      "$node" -p 'process.versions.modules + process.arch'
      find $PARTS -type f -exec sha256sum {} +
      find $NATIVE_FOLDERS -name '*.node' -exec sha256sum {} +
    } | LC_ALL=C sort | sha256sum | cut -c 1-12)
    echo "$("$node" -p 'require("./package.json").version')-$digest"
  )
}

make_release() {
  rm -rf "$1.new"
  mkdir -p "$1.new"
  # shellcheck disable=SC2086
  "$node" "$source_dir/deploy/copy-program.mjs" "$source_dir" "$1.new" node_modules $PARTS
  if on_machine; then chown -R root:root "$1.new"; fi
  # The service user reads the program, whatever the umask was that it was built with; nobody else writes it.
  chmod -R a+rX,go-w "$1.new"
  write_out -f "$1.new"
  mv -T "$1.new" "$1"
}

# A release is completed under another name, then one rename of the link puts it in place: at every instant,
# a cut cable included, $PREFIX/current is a whole program. The one before stays, to go back to and because
# a gate that still runs it loads parts of it late.
replace_program() {
  releases=$root$PREFIX/releases
  if [ ! -d "$releases/$1" ]; then make_release "$releases/$1"; fi
  ln -sfn "releases/$1" "$root$PREFIX/current.new"
  mv -T "$root$PREFIX/current.new" "$root$PREFIX/current"
  write_out -f "$root$PREFIX"
  for folder in "$releases"/*; do
    case ${folder##*/} in "$1" | "$2") ;; *) rm -rf "$folder" ;; esac
  done
}

install_program() {
  name=$(release_name)
  before=$(readlink "$root$PREFIX/current") || before=releases/
  before=${before#releases/}
  if [ "$name" != "$before" ]; then
    program_changed=yes
    change "install the program in $PREFIX/releases/$name" replace_program "$name" "$before"
  fi
  put_file "$source_dir/deploy/varco" /usr/local/bin/varco 0755
}

make_config_dir() {
  install -d -m 0750 "$root$CONFIG_DIR"
  own "root:$SERVICE_USER" "$root$CONFIG_DIR"
}

write_example() {
  write_file "$source_dir/deploy/gate.example.yaml" "$CONFIG_DIR/gate.yaml" 0640
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
  write_out "$root$CONFIG_DIR/site.key.new"
  mv -T "$root$CONFIG_DIR/site.key.new" "$root$CONFIG_DIR/site.key"
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
  put_file "$source_dir/systemd/varco.service" /etc/systemd/system/varco.service 0644
  if [ "$written" = no ]; then return; fi
  program_changed=yes
  if systemd_runs; then change "reload systemd" systemctl daemon-reload; fi
}

# relay_lines compare|accept: how the configured lines differ from those of the last start; see relay-lines.mjs.
relay_lines() {
  as_service_user "$node" "$root$PREFIX/current/deploy/relay-lines.mjs" "$1" "$root$CONFIG_DIR/gate.yaml" "$root$STATE_DIR"
}

wiring_is_confirmed() {
  if [ "$check_only" = yes ]; then
    changes=$((changes + 1))
    echo "would ask whether the relays are wired like this"
    return 1
  fi
  if [ "$relays_are_wired" = yes ]; then return 0; fi
  if [ ! -t 0 ]; then
    echo "not started: check the wiring, then run this again with --yes"
    return 1
  fi
  printf 'Are the relays wired like this, and may the gate start? Type "wired" if so: '
  read -r answer
  if [ "$answer" = wired ]; then return 0; fi
  echo "not started"
  return 1
}

relays_are_agreed() {
  status=0
  differences=$(relay_lines compare) || status=$?
  case $status in
    0) return 0 ;;
    4) ;;
    3)
      echo "not started: $CONFIG_DIR/gate.yaml cannot be used; see: sudo varco doctor"
      return 1
      ;;
    *)
      echo "not started: the relay lines could not be compared"
      return 1
      ;;
  esac
  echo "the relay lines are not those of the last start:"
  echo "$differences"
  wiring_is_confirmed || return 1
  # Before the gate is touched: both its end and its first act drive the lines of the stored map.
  relays_changed=yes
  change "remember these relay lines" relay_lines accept
}

start_gate() {
  if systemctl is-active --quiet varco; then
    if [ "$program_changed" = yes ] || [ "$relays_changed" = yes ]; then
      change "restart the gate" systemctl restart varco
    fi
  else
    change "start the gate, now and at every boot" systemctl enable --now varco
  fi
}

check_surroundings
install_user_and_rules
install_program
install_config
install_unit
if [ "$example_written" = yes ]; then
  if [ "$check_only" = no ]; then
    echo "adapt $CONFIG_DIR/gate.yaml, check it with sudo varco doctor, then run this again"
  fi
elif [ -e "$root$PREFIX/current" ]; then
  if relays_are_agreed; then
    if systemd_runs; then start_gate; fi
  elif [ "$check_only" = no ]; then
    exit 1
  fi
fi
if [ "$changes" -eq 0 ]; then echo "nothing to change"; fi
