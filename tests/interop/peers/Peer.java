// Java's JSSE as a peer; peer.h has the contract. Besides it DIR has server|client.p12 (password "interop"): Java reads no PEM keys.

import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

class Peer {
    static final int PIECE = 16384;
    static final char[] PASSWORD = "interop".toCharArray();
    static final Map<String, String> words = new HashMap<>();
    static String dir;

    static boolean auth() {
        return "1".equals(words.get("auth"));
    }

    static void die(String what, Object why) {
        System.out.println("failed: " + what + ": " + why);
        System.out.flush();
        Runtime.getRuntime().halt(1);
    }

    static SSLContext context(boolean server) throws Exception {
        KeyStore roots = KeyStore.getInstance("PKCS12");
        roots.load(null, null);
        try (InputStream in = new FileInputStream(dir + "/root.crt")) {
            roots.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(roots);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        if (server || auth()) {
            try (InputStream in = new FileInputStream(dir + (server ? "/server.p12" : "/client.p12"))) {
                own.load(in, PASSWORD);
            }
        }
        keys.init(own, PASSWORD);
        SSLContext c = SSLContext.getInstance("TLS");
        c.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return c;
    }

    static SSLParameters parameters(SSLContext c, boolean server) {
        SSLParameters p = new SSLParameters();
        p.setProtocols(new String[] {"TLSv" + words.getOrDefault("version", "1.2")});
        String name = words.get("name");
        if (name != null) {
            if (!Arrays.asList(c.getSupportedSSLParameters().getCipherSuites()).contains(name)) die("unsupported suite", name);
            p.setCipherSuites(new String[] {name});
        } else {
            p.setCipherSuites(c.getDefaultSSLParameters().getCipherSuites());
        }
        if (words.containsKey("alpn")) p.setApplicationProtocols(new String[] {words.get("alpn")});
        if (server) {
            p.setNeedClientAuth(auth());
        } else {
            p.setEndpointIdentificationAlgorithm("HTTPS");
            p.setServerNames(List.of(new SNIHostName("server.example")));
        }
        return p;
    }

    static void serve(SSLSocket s) {
        byte[] buffer = new byte[PIECE];
        try (s) {
            InputStream in = s.getInputStream();
            OutputStream out = s.getOutputStream();
            for (int n; (n = in.read(buffer)) > 0; out.write(buffer, 0, n)) update(s);
        } catch (Exception e) {
            System.out.println("connection ended: " + e);
        }
    }

    // in TLS 1.3 another handshake on a connection is a change of keys
    static void update(SSLSocket s) throws Exception {
        if ("1".equals(words.remove("update"))) s.startHandshake();
    }

    static byte[] pattern(int at) {
        byte[] b = new byte[PIECE];
        for (int i = 0; i < PIECE; i++) b[i] = (byte) ((at + i) * 7 + ((at + i) >> 8));
        return b;
    }

    static void converse(SSLContext c, int port, boolean resume) throws Exception {
        long began = System.currentTimeMillis();
        int total = Integer.parseInt(words.getOrDefault("bytes", "1048576"));
        try (SSLSocket s = (SSLSocket) c.getSocketFactory().createSocket(new java.net.Socket("127.0.0.1", port), "server.example", port, true)) {
            s.setSSLParameters(parameters(c, false));
            s.startHandshake();
            // a resumed session keeps the time it was made
            if (resume && s.getSession().getCreationTime() >= began) die("handshake", "not resumed");
            InputStream in = s.getInputStream();
            OutputStream out = s.getOutputStream();
            for (int at = 0; at < total; at += PIECE) {
                byte[] p = pattern(at);
                out.write(p);
                update(s);
                if (!Arrays.equals(in.readNBytes(PIECE), p)) die("data", "not what was sent");
            }
            s.shutdownOutput();
            if (in.read() != -1) die("close", "more data than was sent");
        }
    }

    public static void main(String[] args) throws Exception {
        boolean server = args[0].equals("server");
        int port = Integer.parseInt(args[1]);
        dir = args[2];
        for (int i = 3; i < args.length; i++) words.put(args[i].split("=", 2)[0], args[i].split("=", 2)[1]);
        // the suites that Java switches off are what the matrix is about; the same for its small keys and old signatures
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        if ("P-384".equals(words.get("group"))) System.setProperty("jdk.tls.namedGroups", "secp384r1");
        Security.setProperty("jdk.tls.legacyAlgorithms", "");
        SSLContext c = context(server);
        try {
            if (server) {
                SSLParameters p = parameters(c, true);
                SSLServerSocket l = (SSLServerSocket) c.getServerSocketFactory().createServerSocket(port, 16, InetAddress.getByName("127.0.0.1"));
                l.setSSLParameters(p);
                System.out.println("ready");
                while (true) serve((SSLSocket) l.accept());
            }
            converse(c, port, false);
            if ("1".equals(words.get("resume"))) {
                Thread.sleep(5);
                converse(c, port, true);
            }
            System.out.println("ok resumed=" + words.getOrDefault("resume", "0"));
        } catch (Exception e) {
            die("connection", e);
        }
    }
}
