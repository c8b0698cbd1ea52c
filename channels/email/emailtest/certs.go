// Package emailtest runs real SMTP and IMAP servers on the loopback interface
// for tests: what was sent can be looked at, answers can be delivered, and the
// faults that real servers have can be scripted.
package emailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// Host is the name and address of every server here.
const Host = "127.0.0.1"

type authority struct {
	pool        *x509.CertPool
	certificate tls.Certificate
}

var testAuthority = sync.OnceValues(newAuthority)

// RootCAs trusts the certificates of the servers here.
func RootCAs(t testing.TB) *x509.CertPool {
	t.Helper()
	return mustAuthority(t).pool
}

func mustAuthority(t testing.TB) authority {
	t.Helper()
	a, err := testAuthority()
	if err != nil {
		t.Fatalf("making a test certificate: %v", err)
	}
	return a
}

// CertificateEnds is when the certificates here stop being valid.
var CertificateEnds = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// newAuthority makes a certificate authority and a certificate for Host,
// valid whatever time a test plays at.
func newAuthority() (authority, error) {
	from, to := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), CertificateEnds
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Followup test authority"},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return authority{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: from, NotAfter: to, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.ParseIP(Host)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return authority{}, err
	}
	caCert, err := x509.ParseCertificate(caDER)
	if err != nil {
		return authority{}, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(caCert)
	return authority{pool: pool, certificate: tls.Certificate{Certificate: [][]byte{leafDER, caDER}, PrivateKey: key}}, nil
}
