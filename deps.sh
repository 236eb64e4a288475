#!/bin/sh
# Installs the named Debian packages that are missing; where it cannot, says exactly what
# is missing and why it is wanted. With --run first it is for running, which goes on
# without them and is told what will not work; for tests it stops.
set -eu

need=stop
if [ "${1:-}" = --run ]; then need=go; shift; fi

has() {
  case "$1" in
    ffmpeg) command -v ffmpeg >/dev/null ;;
    lame) command -v lame >/dev/null ;;
    espeak-ng) command -v espeak-ng >/dev/null ;;
    fonts-noto-cjk) [ "$(uname)" = Darwin ] || fc-list :lang=zh 2>/dev/null | grep -q . ;;
    postgresql) command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
    chromium) command -v chromium >/dev/null || command -v google-chrome >/dev/null ;;
    poppler-utils) command -v pdftotext >/dev/null ;;
    libxml2-utils) command -v xmllint >/dev/null ;;
    xmlsec1) command -v xmlsec1 >/dev/null ;;
    curl) command -v curl >/dev/null ;;
    python3-paho-mqtt) /usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null || python3 -c 'import paho.mqtt.client' 2>/dev/null ;;
    mosquitto) command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] ;;
    *) return 1 ;;
  esac
}

why() {
  case "$1" in
    ffmpeg) echo "decodes recordings, and encodes speech where lame is missing" ;;
    lame) echo "encodes speech" ;;
    espeak-ng) echo "speaks messages" ;;
    fonts-noto-cjk) echo "draws Chinese in pictures and in the browser of the tests" ;;
    postgresql) echo "the tests run on SQLite and on PostgreSQL" ;;
    chromium) echo "the tests use the pages as a person would" ;;
    poppler-utils) echo "the tests read the reports" ;;
    libxml2-utils) echo "the tests ask xmllint whether it judges CAP alike" ;;
    xmlsec1) echo "the tests have it verify what is signed" ;;
    curl) echo "the tests hand packages in with it" ;;
    python3-paho-mqtt) echo "the tests run a terminal that somebody else could have written" ;;
    mosquitto) echo "the peer that make bench measures against" ;;
  esac
}

without() {
  case "$1" in
    ffmpeg) echo "recordings made in the browser are refused" ;;
    lame) echo "speech is encoded by ffmpeg, which takes longer, or sent as WAV" ;;
    espeak-ng) echo "messages are not spoken; they go out as text or with a recording" ;;
    fonts-noto-cjk) echo "Chinese may show as boxes in a browser on this machine" ;;
    *) why "$1" ;;
  esac
}

missing=""
for p in "$@"; do has "$p" || missing="$missing $p"; done
[ -n "$missing" ] || exit 0

root=""
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then root="sudo -n"; else root="none"; fi
fi
if command -v apt-get >/dev/null && [ "$root" != none ]; then
  echo "Installing$missing …"
  $root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || true
  # shellcheck disable=SC2086
  if $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; then exit 0; fi
  # One that cannot be had must not keep the others away.
  for p in $missing; do $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$p" >/dev/null 2>&1 || true; done
  left=""
  for p in $missing; do has "$p" || left="$left $p"; done
  [ -n "$left" ] || exit 0
  missing=$left
fi
echo "These programs are missing and cannot be installed from here:" >&2
for p in $missing; do
  if [ $need = go ]; then echo "  $p — without it $(without "$p")" >&2; else echo "  $p — $(why "$p")" >&2; fi
done
if command -v apt-get >/dev/null; then
  echo "As an administrator: apt-get install$missing" >&2
else
  echo "Install the packages of these names with your system's package manager (Homebrew: brew install ffmpeg lame espeak-ng postgresql)." >&2
fi
if [ $need = go ]; then echo "Going on without them." >&2; exit 0; fi
exit 1
