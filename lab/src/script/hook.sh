#!/bin/sh
# libvirt calls this at each step of a guest's life: $1 the guest, $2 the step. It makes starts slow when the lab says so.
delay=/etc/libvirt/hooks/start-delay
if [ "$2" = prepare ] && [ -e "$delay" ]; then read -r seconds <"$delay"; sleep "$seconds"; fi
exit 0
