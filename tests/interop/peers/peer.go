// Go's crypto/tls as a peer; peer.h has the contract.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

const piece = 16384

func die(what string, err error) {
	if err != nil {
		fmt.Printf("failed: %s: %v\n", what, err)
		os.Exit(1)
	}
}

func config(server bool, dir string, words map[string]string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, ServerName: "server.example"}
	if words["group"] == "P-384" {
		c.CurvePreferences = []tls.CurveID{tls.CurveP384}
	}
	if id, err := strconv.ParseUint(words["id"], 0, 16); err == nil && id != 0 {
		known := false
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			known = known || s.ID == uint16(id)
		}
		if !known {
			die("unsupported suite", fmt.Errorf("%s", words["name"]))
		}
		c.CipherSuites = []uint16{uint16(id)}
	}
	if words["version"] == "1.3" { // whose suites nobody can choose here
		c.MinVersion, c.MaxVersion, c.CipherSuites = tls.VersionTLS13, tls.VersionTLS13, nil
	}
	pem, err := os.ReadFile(dir + "/root.crt")
	die("root", err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	c.RootCAs, c.ClientCAs = roots, roots
	own := map[bool]string{true: "server", false: "client"}[server]
	auth := words["auth"] == "1"
	if server || auth {
		cert, err := tls.LoadX509KeyPair(dir+"/"+own+".crt", dir+"/"+own+".key")
		die("certificate", err)
		c.Certificates = []tls.Certificate{cert}
	}
	if auth {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if words["alpn"] != "" {
		c.NextProtos = []string{words["alpn"]}
	}
	c.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	return c
}

func serve(conn net.Conn) {
	n, err := io.Copy(conn, conn)
	fmt.Printf("connection ended: %d bytes, %v\n", n, err)
	conn.Close()
}

func converse(c *tls.Config, port string, total int, resume bool) {
	conn, err := tls.Dial("tcp", "127.0.0.1:"+port, c)
	die("handshake", err)
	if conn.ConnectionState().DidResume != resume {
		die("handshake", fmt.Errorf("resumed is not %v", resume))
	}
	out, in := make([]byte, piece), make([]byte, piece)
	for at := 0; at < total; at += piece {
		for i := range out {
			out[i] = byte((at+i)*7 + (at+i)>>8)
		}
		_, err = conn.Write(out)
		die("write", err)
		_, err = io.ReadFull(conn, in)
		die("read", err)
		if !bytes.Equal(in, out) {
			die("data", fmt.Errorf("not what was sent"))
		}
	}
	die("close", conn.CloseWrite())
	if _, err = conn.Read(in); err != io.EOF {
		die("close", fmt.Errorf("no close_notify: %v", err))
	}
	conn.Close()
}

func main() {
	words := map[string]string{}
	for _, w := range os.Args[4:] {
		k, v, _ := strings.Cut(w, "=")
		words[k] = v
	}
	server, port, dir := os.Args[1] == "server", os.Args[2], os.Args[3]
	c := config(server, dir, words)
	if server {
		l, err := tls.Listen("tcp", "127.0.0.1:"+port, c)
		die("listen", err)
		fmt.Println("ready")
		for {
			conn, err := l.Accept()
			die("accept", err)
			go serve(conn)
		}
	}
	total := 1 << 20
	if n, err := strconv.Atoi(words["bytes"]); err == nil {
		total = n
	}
	converse(c, port, total, false)
	if words["resume"] == "1" {
		converse(c, port, total, true)
	}
	fmt.Printf("ok resumed=%s\n", map[bool]string{true: "1", false: "0"}[words["resume"] == "1"])
}
