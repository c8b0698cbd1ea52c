#!/bin/sh
# Runs Postfix and Dovecot on loopback for a trial of Followup, in a folder of
# their own: servers.sh start DIR, servers.sh stop DIR. docs/mail-system.md says
# what to do with them. Needs root (Postfix does); changes nothing outside DIR.
set -eu

usage() { echo "usage: $0 start|stop DIR" >&2; exit 2; }
[ $# -eq 2 ] || usage
case $2 in /*) DIR=$2 ;; *) DIR=$PWD/$2 ;; esac

# Ports, all on 127.0.0.1.
SMTP=2525        # takes mail for everybody here, as a mail exchanger does
PARTNER=2526     # another company's server, which refuses most people
SUBMISSION=2587  # STARTTLS and a password: what Followup sends through
LMTP=2424
IMAP=2143        # STARTTLS and a password: where Followup reads

stop() {
	[ -s "$DIR/postfix/queue/pid/master.pid" ] && kill "$(tr -d ' ' <"$DIR/postfix/queue/pid/master.pid")" 2>/dev/null || true
	[ -s "$DIR/dovecot/run/master.pid" ] && kill "$(cat "$DIR/dovecot/run/master.pid")" 2>/dev/null || true
}

if [ "$1" = stop ]; then stop; exit 0; fi
[ "$1" = start ] || usage

# Postfix's sendmail, which vacation calls, knows /etc/postfix only: a mount
# that nobody else sees puts our configuration there.
if [ "${FOLLOWUP_MAIL_NAMESPACE:-}" != 1 ]; then
	[ "$(id -u)" = 0 ] || { echo "run as root: Postfix's master process needs it" >&2; exit 1; }
	for program in postfix dovecot vacation openssl unshare sievec; do
		command -v $program >/dev/null || { echo "$program is missing: apt-get install postfix dovecot-imapd dovecot-lmtpd dovecot-sieve vacation openssl" >&2; exit 1; }
	done
	exec env FOLLOWUP_MAIL_NAMESPACE=1 unshare --mount -- "$0" start "$DIR"
fi

mkdir -p "$DIR/postfix/etc" "$DIR/postfix/queue" "$DIR/postfix/data" "$DIR/dovecot/run" "$DIR/vacation" "$DIR/tls"
chmod 755 "$DIR" "$DIR/postfix" "$DIR/postfix/queue" "$DIR/dovecot"
chown postfix "$DIR/postfix/data"

openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1,DNS:localhost \
	-keyout "$DIR/tls/key.pem" -out "$DIR/tls/cert.pem" 2>/dev/null
chmod 644 "$DIR/tls/key.pem"

# --- people -----------------------------------------------------------------
# rae is the rep. dana answers; sam is away (Sieve); pat has left a classic
# vacation program running; robin's answers are filed into a folder by a rule.
for name in rae dana sam; do
	mkdir -p "$DIR/mail/$name"
	echo "$name@mail.test:{PLAIN}trial:8:8::$DIR/mail/$name"
done >"$DIR/dovecot/users"
chown -R 8:8 "$DIR/mail"
chmod 755 "$DIR/mail"

cat >"$DIR/mail/rae/.dovecot.sieve" <<EOF
require ["fileinto", "mailbox"];
if address "from" "robin@mail.test" { fileinto :create "Customers"; }
EOF
cat >"$DIR/mail/sam/.dovecot.sieve" <<EOF
require "vacation";
vacation :days 1 :subject "On holiday" "I am on holiday and will read your message when I am back.";
EOF
chown 8:8 "$DIR/mail/rae/.dovecot.sieve" "$DIR/mail/sam/.dovecot.sieve"

printf 'From: Pat <pat@office.test>\nSubject: away from my mail\n\nI will not be reading my mail for a while.\nYour mail will be read when I return.\n' >"$DIR/vacation/message"
chown -R nobody "$DIR/vacation"
echo "pat \"|/usr/bin/vacation -j -a pat -a pat@office.test -f $DIR/vacation/db -m $DIR/vacation/message nobody\"" >"$DIR/postfix/etc/aliases"

# --- Dovecot ----------------------------------------------------------------
cat >"$DIR/dovecot/dovecot.conf" <<EOF
base_dir = $DIR/dovecot/run
state_dir = $DIR/dovecot/run
instance_name = followup-trial
log_path = $DIR/dovecot/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <$DIR/tls/cert.pem
ssl_key = <$DIR/tls/key.pem
first_valid_uid = 8
first_valid_gid = 8
mail_location = maildir:~/Maildir
mail_plugins =
postmaster_address = postmaster@mail.test
submission_host = 127.0.0.1:$SMTP
passdb {
  driver = passwd-file
  args = $DIR/dovecot/users
}
userdb {
  driver = passwd-file
  args = $DIR/dovecot/users
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = create
    special_use = \Drafts
  }
  mailbox Junk {
    auto = create
    special_use = \Junk
  }
  mailbox Trash {
    auto = create
    special_use = \Trash
  }
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
}
protocol lmtp {
  mail_plugins = sieve
}
service imap-login {
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = $LMTP
  }
}
service auth {
  unix_listener postfix-auth {
    mode = 0666
  }
}
EOF

# --- Postfix ----------------------------------------------------------------
cp -r /etc/postfix/. "$DIR/postfix/etc/"
cat >"$DIR/postfix/etc/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $DIR/postfix/queue
data_directory = $DIR/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.mail.test
mydestination = office.test, localhost
alias_maps = texthash:$DIR/postfix/etc/aliases
local_recipient_maps = \$alias_maps
virtual_mailbox_domains = mail.test
virtual_mailbox_maps = texthash:$DIR/postfix/etc/mailboxes
virtual_transport = lmtp:inet:127.0.0.1:$LMTP
transport_maps = inline:{{partner.test=smtp:[127.0.0.1]:$PARTNER}}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_tls_cert_file = $DIR/tls/cert.pem
smtpd_tls_key_file = $DIR/tls/key.pem
smtpd_tls_security_level = may
smtp_tls_security_level = none
maillog_file = $DIR/postfix/log
maillog_file_prefixes = $DIR
biff = no
# A notice of delay after seconds, not hours.
delay_warning_time = 3s
queue_run_delay = 3s
minimal_backoff_time = 3s
maximal_backoff_time = 3s
EOF
for name in rae dana sam robin; do echo "$name@mail.test $name"; done >"$DIR/postfix/etc/mailboxes"
cat >"$DIR/postfix/etc/master.cf" <<EOF
127.0.0.1:$SMTP inet n - n - - smtpd
127.0.0.1:$SUBMISSION inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_type=dovecot
  -o smtpd_sasl_path=$DIR/dovecot/run/postfix-auth
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
127.0.0.1:$PARTNER inet n - n - - smtpd
  -o myhostname=mx.partner.test
  -o mydestination=
  -o virtual_mailbox_domains=
  -o relay_domains=partner.test
  -o { smtpd_recipient_restrictions = check_recipient_access inline:{ { gone@partner.test = 550 5.1.1 No such user here } { left@partner.test = 550 5.2.1 Mailbox disabled, not accepting messages } { full@partner.test = 552 5.2.2 Mailbox full } { slow@partner.test = 450 4.2.0 Try again later } }, reject }
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
EOF

# --- Followup ---------------------------------------------------------------
cat >"$DIR/followup.yaml" <<EOF
data: $DIR/followup
mailboxes:
  - address: rae@mail.test
    name: Rae Moss
    password: trial
    smtp_host: 127.0.0.1
    smtp_port: $SUBMISSION
    smtp_tls: starttls
    imap_host: 127.0.0.1
    imap_port: $IMAP
    imap_tls: starttls
    rate_per_minute: 600
EOF

mount --bind "$DIR/postfix/etc" /etc/postfix
dovecot -c "$DIR/dovecot/dovecot.conf"
postfix start 2>/dev/null

for i in 1 2 3 4 5 6 7 8 9 10; do
	if openssl s_client -connect 127.0.0.1:$SUBMISSION -starttls smtp -brief </dev/null >/dev/null 2>&1 &&
		openssl s_client -connect 127.0.0.1:$IMAP -starttls imap -brief </dev/null >/dev/null 2>&1; then
		echo "Postfix and Dovecot run in $DIR; start Followup with:"
		echo "  SSL_CERT_FILE=$DIR/tls/cert.pem followup --config $DIR/followup.yaml serve"
		exit 0
	fi
	sleep 1
done
echo "the servers do not answer; see $DIR/postfix/log and $DIR/dovecot/log" >&2
stop
exit 1
