#!/bin/sh
# Installs the Debian packages that assured needs and this machine lacks.
#
#   deploy/install-packages.sh [build] [lab] [tools] [browser] [package] [postgres] [bench]      all but bench if none is named
#
# build: what compiling needs. lab: what the hypervisor hosts of the tests and the demo need. tools: whose
# programs the tests ask for their opinion. browser: what the tests of the dashboard look at it with. package: what
# the Debian package is made and checked with, and the machine that its tests install it on. postgres: the server that
# tests start for themselves. bench: what loads the HTTP interface in benchmarks.
# Does nothing, fast, if all are there. Uses sudo when it is not run by root.
set -eu

build="libvirt-dev libpq-dev pkg-config"
lab="libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-system libvirt-clients qemu-system-x86 iproute2 dnsmasq-base \
    openssh-server sasl2-bin libsasl2-modules gnutls-bin"
tools="prometheus prometheus-alertmanager python3-aiosmtpd python3-venv mandoc bsdutils"
browser="chromium chromium-driver fonts-dejavu-core"
package="dpkg-dev binutils lintian systemd systemd-container dbus procps mandoc python3"
bench="wrk util-linux"
postgres="postgresql"

wanted=
[ $# -gt 0 ] || set -- build lab tools browser package postgres
for group in "$@"; do
    case $group in
        build)
            wanted="$wanted $build"
            # Any C compiler will do, so one that is no package's counts too.
            command -v cc >/dev/null || wanted="$wanted gcc libc6-dev"
            ;;
        lab) wanted="$wanted $lab" ;;
        tools) wanted="$wanted $tools" ;;
        browser) wanted="$wanted $browser" ;;
        package) wanted="$wanted $package" ;;
        postgres) wanted="$wanted $postgres" ;;
        bench) wanted="$wanted $bench" ;;
        *)
            echo "$0: there is no group \"$group\": use build, lab, tools, browser, package, postgres, bench, or none for all but bench" >&2
            exit 64
            ;;
    esac
done

missing=
for package in $wanted; do
    case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) missing="$missing $package" ;;
    esac
done
if [ -z "$missing" ]; then
    echo "All system packages are there."
    exit 0
fi

sudo=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "$0: run this as root, or install sudo; missing:$missing" >&2; exit 1; }
    sudo=sudo
fi
echo "Installing:$missing"
# The lab wants the program sshd, in namespaces of its own; this machine's door stays as it is. Debian's unit and its init
# script both heed this file.
case "$missing " in
    *" openssh-server "*)
        $sudo mkdir -p /etc/ssh
        $sudo touch /etc/ssh/sshd_not_to_be_run
        echo "This machine gets no SSH service by this; remove /etc/ssh/sshd_not_to_be_run if you want one."
        ;;
esac
# Only the programs promtool and prometheus-alertmanager are wanted: no service is started by this.
case "$missing " in
    *" prometheus "* | *" prometheus-alertmanager "*)
        if [ -d /run/systemd/system ]; then
            for unit in prometheus prometheus-node-exporter prometheus-alertmanager; do
                # One that is in use here already stays so.
                systemctl cat "$unit.service" >/dev/null 2>&1 || $sudo systemctl mask "$unit.service"
            done
            echo "Prometheus and Alertmanager are not started by this; \`systemctl unmask\` them if you want them."
        fi
        ;;
esac
# Only the programs of PostgreSQL are wanted: tests start a server of their own, in a folder of their own. The package
# brings the file that includes this folder, so nobody is asked which of two files is to stay.
case "$missing " in
    *" postgresql "*)
        if [ ! -e /etc/postgresql-common ]; then
            $sudo mkdir -p /etc/postgresql-common/createcluster.d
            echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.d/assured.conf >/dev/null
            echo "No PostgreSQL cluster is made by this; remove /etc/postgresql-common/createcluster.d/assured.conf if you want one."
        fi
        ;;
esac
$sudo apt-get update
# A list of words on purpose. Nobody is asked anything, and no service is wanted beyond what is named.
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
