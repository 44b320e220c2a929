#!/bin/sh
# Makes sure that the tests find a Chromium to drive, a curl to post with, an nginx and a Caddy to stand in front, a
# clock to turn, and a Node with the stream clients of tests/reliability/clients; does nothing where all are there.
# Firefox and WebKit are installed where that is possible.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }

missing=
has chromium-headless-shell || has chromium || has chromium-browser || has google-chrome || missing=chromium
has curl || missing="$missing curl"
has openssl || missing="$missing openssl"
PATH="$PATH:/usr/sbin" has nginx || missing="$missing nginx"
has caddy || missing="$missing caddy"
has faketime || missing="$missing faketime"
has node || missing="$missing nodejs"
has npm || missing="$missing npm"
engines=
has firefox-esr || engines=firefox-esr
has WebKitWebDriver || engines="$engines webkit2gtk-driver"
has Xvfb || engines="$engines xvfb fonts-dejavu-core"

fetch_clients() {
    cd "$(dirname "$0")/reliability/clients"
    [ node_modules -nt package-lock.json ] || { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules; }
}

if [ -z "$missing$engines" ]; then
    fetch_clients
    exit 0
fi

# shellcheck disable=SC2086 # one word for each package
if [ "$(id -u)" -eq 0 ] && has apt-get; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # The same browser without windows, at half the work; not every release has it by itself.
    if apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        missing=$(echo "$missing" | sed 's/^chromium\b/chromium-headless-shell/')
    fi
    [ -z "$missing" ] || apt-get install -y -qq --no-install-recommends $missing </dev/null
    [ -z "$engines" ] || apt-get install -y -qq --no-install-recommends $engines </dev/null || failed=1
elif [ -n "$missing" ]; then
    echo "The tests need" $missing "on the PATH: install it (on Debian, as root: apt-get install" $missing") and try again." >&2
    exit 1
else
    failed=1
fi
[ -z "${failed:-}" ] || echo "NOT TRIED: the page in Firefox or WebKit, as" $engines "could not be installed." >&2
fetch_clients
