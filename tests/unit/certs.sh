#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ostend-certs, looked at with stock tools: openssl and, where they are installed, NSS's certutil and
# pk12util, which are what Firefox and Chromium import with.
set -u

certs=$PWD/ostend-certs
[ -x "$certs" ] || { echo "$certs is not built"; exit 99; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
OSTEND_STATE=$work/state
export OSTEND_STATE
export LC_ALL=C.UTF-8
unset LANGUAGE
failed=0

claim() {	# claim SENTENCE COMMAND...: the command succeeds
	sentence=$1
	shift
	if "$@" >out 2>&1; then
		echo "ok - $sentence"
	else
		echo "not ok - $sentence: $*"
		sed 's/^/    /' out
		failed=1
	fi
}

refuses() {	# refuses STATUS WORD COMMAND...: exit status, and one line on standard error with the word
	status=$1 word=$2
	shift 2
	"$@" >out 2>err
	got=$?
	if [ "$got" -eq "$status" ] && grep -q -- "$word" err && [ "$(wc -l <err)" -eq 1 ]; then
		echo "ok - exit $status and \"$word\": $*"
	else
		echo "not ok - exit $status and \"$word\": $* gave $got:"
		sed 's/^/    /' out err
		failed=1
	fi
}

modes_are_private() {
	[ "$(stat -c %a "$OSTEND_STATE/certs")" = 700 ] &&
		[ -z "$(find "$OSTEND_STATE/certs" -type f ! -perm 600)" ]
}

verify() {	# verify PURPOSE FILE: by openssl alone, with both revocation lists
	cat "$c/root.crl" "$c/ca.crl" >both.crl
	openssl verify -x509_strict -crl_check_all -CRLfile both.crl -CAfile "$c/root.pem" \
		-untrusted "$c/ca.pem" -purpose "$1" "$2"
}

not() { ! "$@"; }

refuses 1 "ostend-certs init" "$certs" list
refuses 2 "see ostend-certs --help" "$certs" frobnicate
refuses 2 "see ostend-certs --help" "$certs"
refuses 2 "does not belong" "$certs" init --role judge
refuses 2 "no option --nonsense" "$certs" list --nonsense
claim "init makes a centre" "$certs" init --name "证据保管中心"
c=$OSTEND_STATE/certs
claim "nothing is readable by others" modes_are_private
refuses 1 "already" "$certs" init
cp "$c/root.key" root.key.safe
rm "$c/root.key"
claim "without the root's key: station" "$certs" station station-1.test 127.0.0.1 ::1
refuses 1 "exists already" "$certs" station other.test
refuses 1 "neither a host name" "$certs" station --renew "a b"
claim "openssl verifies the station" verify sslserver "$c/station.pem"
claim "its names and addresses are in it" sh -c 'openssl x509 -in "$1" -noout -checkhost station-1.test |
	grep -q "does match" && openssl x509 -in "$1" -noout -checkip 127.0.0.1 | grep -q "does match"' sh \
	"$c/station.pem"
claim "it is no client" not verify sslclient "$c/station.pem"
claim "the signers' certificates verify" verify any "$c/log.pem"
claim "that for checkpoints too, with another kind of key" verify any "$c/checkpoint.pem"
claim "and serve neither TLS end" sh -c '! openssl x509 -in "$1" -noout -ext extendedKeyUsage | grep -q TLS' \
	sh "$c/media.pem"

refuses 1 "one of judge" "$certs" person "Li Wei"
refuses 1 "one of judge" "$certs" person "Li Wei" --role king
echo "correct horse" >phrase
claim "a person's PKCS#12" "$certs" person "李伟" --role defence --out li.p12 --pass-file phrase
refuses 1 "exists already" "$certs" person "李伟" --role defence --out li.p12 --pass-file phrase
echo short >bad-phrase
refuses 1 "at least 8" "$certs" person X --role room --pass-file bad-phrase
claim "it is 0600" test "$(stat -c %a li.p12)" = 600
openssl pkcs12 -in li.p12 -passin pass:"correct horse" -nodes -info >li.txt 2>li.info
claim "openssl opens it" grep -q "PRIVATE KEY" li.txt
claim "AES-256 and PBKDF2 protect it" grep -q "PBES2, PBKDF2, AES-256-CBC" li.info
openssl x509 -in li.txt -out li.pem
claim "openssl verifies it as a client" verify sslclient li.pem
claim "it is no server" not verify sslserver li.pem
claim "it names the role" sh -c 'openssl x509 -in li.pem -noout -ext subjectAltName |
	grep -q "URI:urn:ostend:role:defence"'
claim "its key is P-256" sh -c 'openssl x509 -in li.pem -noout -text | grep -q "NIST CURVE: P-256"'
claim "a generated pass phrase opens it" sh -c '"$1" person Wang --role judge </dev/null >said &&
	phrase=$(sed -n "s/^pass phrase.*: //p" said) &&
	openssl pkcs12 -in Wang.p12 -passin "pass:$phrase" -nokeys -out wang.pem' sh "$certs"
if command -v certutil >/dev/null && command -v pk12util >/dev/null; then
	mkdir nss
	claim "NSS imports it" sh -c 'certutil -N -d sql:nss --empty-password &&
		certutil -A -d sql:nss -n root -t C,C,C -i "$1" &&
		pk12util -i li.p12 -d sql:nss -W "correct horse" && certutil -L -d sql:nss >nss.txt &&
		grep -q "u,u,u" nss.txt' sh "$c/root.pem"
fi

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pc.key -out pc.csr \
	-subj /CN=forged -addext "subjectAltName=URI:urn:ostend:role:judge" 2>/dev/null
claim "a request is signed" "$certs" person "Room 2" --role room --csr pc.csr --out room.pem
claim "with our name and role, not its own" sh -c 'openssl x509 -in room.pem -noout -subject -ext subjectAltName \
	>room.txt && grep -q "CN = Room 2" room.txt && grep -q role:room room.txt && ! grep -q judge room.txt'
claim "for its key" sh -c 'openssl x509 -in room.pem -noout -pubkey >a && openssl pkey -in pc.key -pubout >b &&
	cmp a b'
openssl req -new -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.csr -subj /CN=x 2>/dev/null
refuses 1 "P-256" "$certs" person X --role room --csr rsa.csr
sed 's/[A-Z]/A/5' pc.csr >broken.csr
refuses 1 "not a signed certificate request" "$certs" person X --role room --csr broken.csr

claim "an expired one can be made" "$certs" person Old --role clerk --not-before 2020-01-01 --days 1 \
	--out old.p12 --pass-file phrase
openssl pkcs12 -in old.p12 -passin file:phrase -nokeys -clcerts -out old.pem 2>/dev/null
claim "and openssl finds it expired" sh -c '! openssl x509 -in old.pem -noout -checkend 0'
refuses 1 "1 to 397" "$certs" person X --role room --days 400
refuses 1 "not-before" "$certs" person X --role room --not-before tomorrow

claim "a pass" sh -c '"$1" pass "Guest" --role room --url https://station-1.test/ >pass.txt' sh "$certs"
pass=$(sed -n 's/^pass, shown only now: //p' pass.txt)
claim "is 20 characters in groups" sh -c 'echo "$1" | grep -Eqx "([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}"' \
	sh "$pass"
claim "and a link with it" grep -qx "https://station-1.test/#pass=$pass" pass.txt
claim "and a code" grep -q "█▀▀" pass.txt
claim "and nowhere in the files" sh -c '! grep -rq "$(echo "$1" | tail -c 11)" "$2" &&
	! grep -rq "$(echo "$1" | tr -d - | tail -c 11)" "$2"' sh "$pass" "$c"
claim "its hash is" sh -c 'grep -q "$(printf %s "$1" | tr -d - | sha256sum | cut -c1-64)" "$2/passes.json"' \
	sh "$pass" "$c"

claim "list shows them" sh -c '"$1" list >list.txt && grep -q "李伟.*defence.*valid" list.txt &&
	grep -q "Old.*clerk.*expired" list.txt && grep -q "Guest .*pass .*room.*valid" list.txt' sh "$certs"
claim "list --json is JSON" sh -c '"$1" list --json >list.json && grep -q "\"state\": \"valid\"" list.json' \
	sh "$certs"
"$certs" person "$(printf 'a\033[2Jb')" --role room >out 2>&1
claim "no control characters in names" not grep -q '\[2J' "$c/issued.json"

claim "revoke by name" "$certs" revoke "李伟"
claim "openssl sees it on the list" sh -c 'openssl crl -in "$1" -noout -text | grep -q \
	"$(openssl x509 -in li.pem -noout -serial | cut -d= -f2)"' sh "$c/ca.crl"
claim "and refuses it" not verify sslclient li.pem
claim "others stay good" verify sslclient wang.pem
claim "revoke by file" "$certs" revoke wang.pem
claim "is the same" not verify sslclient wang.pem
claim "revoke a pass by its id" "$certs" revoke "$(sed -n 's/.*to revoke it: //p' pass.txt)"
claim "list shows it revoked" sh -c '"$1" list | grep -q "Guest .*revoked"' sh "$certs"
refuses 1 "no credential" "$certs" revoke nobody
refuses 1 "no credential" "$certs" revoke "李伟"

claim "crl without the root's key" sh -c '"$1" crl | grep -q "left root.crl as it is"' sh "$certs"
cp root.key.safe "$c/root.key"
claim "crl with it" sh -c '"$1" crl | grep -q "renewed root.crl"' sh "$certs"
claim "a renewal of the station's pair" "$certs" station station-2.test --renew
claim "verifies" verify sslserver "$c/station.pem"
claim "key and certificate belong together" sh -c 'openssl x509 -in "$1/station.pem" -noout -pubkey >a &&
	openssl pkey -in "$1/station.key" -pubout >b && cmp a b' sh "$c"
claim "still nothing is readable by others" modes_are_private
mv "$c/ca.key" ca.key.away
refuses 1 "denied from now on" "$certs" revoke "Room 2"
claim "the denial holds without the CA's key" grep -q "Room 2" "$c/denied.json"
exit $failed
