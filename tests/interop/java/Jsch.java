import com.jcraft.jsch.ChannelExec;
import com.jcraft.jsch.ChannelSftp;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.KeyPair;
import com.jcraft.jsch.Session;
import com.jcraft.jsch.SftpException;
import com.jcraft.jsch.SftpStatVFS;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Uses a server with JSch: each method is one thing that users do, and prints what came of it. */
final class Jsch {
    private static final int TIMEOUT = 30_000;

    /**
     * Host, port, file of known hosts, what to do, and if the login is by key, its file. Or `keygen`: writes the
     * keys `ecdsa` and `rsa`, in the PEM form, because JSch reads no other, and prints their public keys.
     */
    public static void main(String[] args) {
        // The threads of a session would outlive a failure.
        try {
            run(args);
            System.exit(0);
        } catch (Exception failure) {
            failure.printStackTrace();
            System.exit(1);
        }
    }

    private static void run(String[] args) throws Exception {
        JSch jsch = new JSch();
        if (args[0].equals("keygen")) {
            keygen(jsch, "ecdsa", KeyPair.ECDSA, 256);
            keygen(jsch, "rsa", KeyPair.RSA, 2048);
            return;
        }
        jsch.setKnownHosts(args[2]);
        Session session = jsch.getSession("anna", args[0], Integer.parseInt(args[1]));
        if (args.length > 4) {
            jsch.addIdentity(args[4]);
            session.setConfig("PreferredAuthentications", "publickey");
        } else {
            session.setPassword("hunter2");
        }
        try {
            session.connect(TIMEOUT);
        } catch (JSchException refused) {
            System.out.println(refused.getMessage());
            return;
        }
        switch (args[3]) {
            case "exec" -> exec(session);
            case "operations" -> operations(sftp(session));
            case "transfers" -> transfers(sftp(session));
            case "scp" -> scp(session);
            default -> throw new IllegalArgumentException(args[3]);
        }
        session.disconnect();
    }

    private static void keygen(JSch jsch, String name, int type, int bits) throws Exception {
        KeyPair key = KeyPair.genKeyPair(jsch, type, bits);
        key.writePrivateKey(name);
        key.writePublicKey(System.out, name);
    }

    private static ChannelSftp sftp(Session session) throws JSchException {
        ChannelSftp sftp = (ChannelSftp) session.openChannel("sftp");
        sftp.connect(TIMEOUT);
        return sftp;
    }

    private static void exec(Session session) throws Exception {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        channel.setCommand("uname -r");
        InputStream output = channel.getInputStream();
        channel.connect(TIMEOUT);
        System.out.print(new String(output.readAllBytes(), StandardCharsets.UTF_8));
        channel.disconnect();
    }

    /** Everything that is no transfer. */
    private static void operations(ChannelSftp sftp) throws Exception {
        System.out.println(sftp.getServerVersion() + " " + sftp.pwd() + " " + sftp.getHome());
        sftp.mkdir("dir");
        sftp.cd("dir");
        sftp.put(new ByteArrayInputStream("content\n".getBytes(StandardCharsets.UTF_8)), "one");
        sftp.chmod(0640, "one");
        sftp.chown(77, "one");
        sftp.chgrp(88, "one");
        sftp.setMtime("one", 1_000_000_000);
        sftp.symlink("one", "link");
        // What is relative there begins at the server's directory, and not at JSch's.
        sftp.hardlink(sftp.pwd() + "/one", "hard");
        sftp.put(new ByteArrayInputStream(new byte[0]), "a b");
        List<String> names = new ArrayList<>();
        for (Object entry : sftp.ls("*")) {
            names.add(((ChannelSftp.LsEntry) entry).getFilename());
        }
        System.out.println(names);
        System.out.println(sftp.stat("one").getSize() + " " + sftp.stat("one").getPermissionsString() + " "
                + sftp.stat("one").getUId() + " " + sftp.stat("one").getGId() + " " + sftp.stat("one").getMTime());
        System.out.println(sftp.stat("link").isLink() + " " + sftp.lstat("link").isLink() + " " + sftp.readlink("link"));
        System.out.println(sftp.realpath("../dir/link"));
        SftpStatVFS space = sftp.statVFS(".");
        System.out.println(space.getBlockSize() > 0 && space.getAvailForNonRoot() <= space.getSize());
        refused(() -> sftp.stat("missing"));
        refused(() -> sftp.mkdir("../dir"));
        refused(() -> sftp.rmdir("../dir"));
        refused(() -> sftp.rm("missing"));
        refused(() -> sftp.cd("one"));
        // With the extension of OpenSSH it replaces what is there.
        sftp.rename("one", "a b");
        sftp.rename("a b", "two");
        sftp.rm("link");
        sftp.mkdir("sub");
        sftp.rmdir("sub");
        for (Object entry : sftp.ls(".")) {
            String longname = ((ChannelSftp.LsEntry) entry).getLongname();
            if (!longname.endsWith(".")) {
                System.out.println(longname);
            }
        }
    }

    private interface Action {
        void run() throws SftpException;
    }

    private static void refused(Action action) {
        try {
            action.run();
            System.out.println("not refused");
        } catch (SftpException error) {
            System.out.println(error.id + " " + error.getMessage());
        }
    }

    /** The files `local`, `head` and `more` of the working directory, in each mode that there is. */
    private static void transfers(ChannelSftp sftp) throws Exception {
        sftp.lcd(Path.of("").toAbsolutePath().toString());
        sftp.put("local", "remote");
        sftp.get("remote", "back");
        sftp.put("head", "resumed");
        sftp.put("local", "resumed", ChannelSftp.RESUME);
        Files.copy(Path.of("head"), Path.of("back-resumed"));
        sftp.get("remote", "back-resumed", null, ChannelSftp.RESUME);
        sftp.put("head", "appended");
        sftp.put("more", "appended", ChannelSftp.APPEND);
        sftp.put("local", "replaced");
        sftp.put("more", "replaced", ChannelSftp.OVERWRITE);
        try (OutputStream out = sftp.put("streamed", ChannelSftp.OVERWRITE)) {
            Files.copy(Path.of("local"), out);
        }
        try (InputStream in = sftp.get("streamed", null, Files.size(Path.of("head")))) {
            Files.copy(in, Path.of("tail"));
        }
    }

    /** As JSch's own examples `ScpTo` and `ScpFrom` do it: the old protocol over a command. */
    private static void scp(Session session) throws Exception {
        String name = "it's here";
        scpTo(session, Path.of("local"), name);
        System.out.println(scpFrom(session, name, Path.of("back")));
        try {
            scpFrom(session, "missing", Path.of("missing"));
        } catch (IOException error) {
            System.out.println(error.getMessage());
        }
    }

    private static ChannelExec command(Session session, String scp, String path) throws JSchException {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        channel.setCommand(scp + " '" + path.replace("'", "'\"'\"'") + "'");
        return channel;
    }

    private static void scpTo(Session session, Path local, String remote) throws Exception {
        ChannelExec channel = command(session, "scp -p -t", remote);
        OutputStream out = channel.getOutputStream();
        InputStream in = channel.getInputStream();
        channel.connect(TIMEOUT);
        agreed(in);
        long seconds = Files.getLastModifiedTime(local).toMillis() / 1000;
        send(out, "T" + seconds + " 0 " + seconds + " 0\n");
        agreed(in);
        send(out, "C0644 " + Files.size(local) + " " + local.getFileName() + "\n");
        agreed(in);
        Files.copy(local, out);
        send(out, "\0");
        agreed(in);
        out.close();
        channel.disconnect();
    }

    /** Returns the line that announced the file. */
    private static String scpFrom(Session session, String remote, Path local) throws Exception {
        ChannelExec channel = command(session, "scp -f", remote);
        OutputStream out = channel.getOutputStream();
        InputStream in = channel.getInputStream();
        channel.connect(TIMEOUT);
        try {
            send(out, "\0");
            int first = in.read();
            String line = line(in);
            if (first != 'C') {
                throw new IOException(first + " " + line);
            }
            send(out, "\0");
            long size = Long.parseLong(line.split(" ")[1]);
            try (OutputStream file = Files.newOutputStream(local)) {
                for (long left = size; left > 0; ) {
                    byte[] piece = in.readNBytes((int) Math.min(left, 1024));
                    file.write(piece);
                    left -= piece.length;
                }
            }
            agreed(in);
            send(out, "\0");
            return line;
        } finally {
            channel.disconnect();
        }
    }

    private static void send(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static void agreed(InputStream in) throws IOException {
        int code = in.read();
        if (code != 0) {
            throw new IOException(code + " " + line(in));
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n' && next >= 0; next = in.read()) {
            line.append((char) next);
        }
        return line.toString();
    }
}
