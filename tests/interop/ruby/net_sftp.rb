# Uses a server with Net::SSH and Net::SFTP: each function is one thing that users do, and prints what came of it.
#
# Host, port, file of known hosts, what to do, and if the login is by key, its file. Or `keygen`: writes the keys `rsa`
# and `ecdsa` in the PEM form, because with OpenSSL 3 it cannot read those in OpenSSH's, and prints their public keys.

require "net/sftp"

if ARGV == ["keygen"]
  { "rsa" => OpenSSL::PKey::RSA.generate(2048), "ecdsa" => OpenSSL::PKey::EC.generate("prime256v1") }.each do |name, key|
    File.write(name, key.to_pem)
    puts "#{key.ssh_type} #{[key.to_blob].pack("m0")}"
  end
  exit
end

host, port, known_hosts, what, key = ARGV
options = {
  port: port.to_i, config: false, use_agent: false, timeout: 30, non_interactive: true,
  user_known_hosts_file: known_hosts, global_known_hosts_file: [], verify_host_key: :always
}
options.merge!(
  key ? { auth_methods: ["publickey"], keys: [key], keys_only: true }
      : { auth_methods: ["password"], password: "hunter2" }
)

def exec(ssh)
  print ssh.exec!("uname -r")
end

def refused
  yield
  puts "not refused"
rescue Net::SFTP::StatusException => e
  puts "#{e.code} #{e.description}"
end

# Everything that is no transfer.
def operations(ssh)
  sftp = ssh.sftp
  puts "#{sftp.protocol.version} #{sftp.realpath!(".").name}"
  sftp.mkdir!("dir", permissions: 0o750)
  sftp.file.open("dir/one", "w") { |file| file.puts "content" }
  sftp.setstat!("dir/one", permissions: 0o640, uid: 77, gid: 88)
  sftp.setstat!("dir/one", atime: 1_000_000_000, mtime: 1_100_000_000)
  # The two paths go out as they come in, and servers expect them in the order of OpenSSH.
  sftp.symlink!("one", "dir/link")
  puts sftp.dir.entries("dir").map(&:name).sort.inspect
  puts sftp.dir.glob("dir", "o*").map(&:longname)
  stat = sftp.stat!("dir/link")
  puts [stat.size, stat.permissions.to_s(8), stat.uid, stat.gid, stat.atime, stat.mtime].join(" ")
  puts "#{sftp.lstat!("dir/link").symlink?} #{sftp.readlink!("dir/link").name} #{sftp.realpath!("dir/link").name}"
  refused { sftp.stat!("missing") }
  refused { sftp.mkdir!("dir") }
  refused { sftp.rmdir!("dir") }
  refused { sftp.remove!("missing") }
  sftp.open!("dir/two", "w") { |response| sftp.close!(response[:handle]) }
  refused { sftp.rename!("dir/one", "dir/two") }
  sftp.remove!("dir/two")
  sftp.rename!("dir/one", "dir/two")
  sftp.remove!("dir/link")
  sftp.mkdir!("gone")
  sftp.rmdir!("gone")
  sftp.file.open("dir/two", "a") { |file| file.puts "more" }
  puts sftp.file.open("dir/two", "r") { |file| [file.gets, file.gets, file.gets].inspect }
end

def transfers(ssh)
  sftp = ssh.sftp
  sftp.upload!("local", "remote")
  sftp.download!("remote", "back")
  sftp.upload!("tree", "there", mkdir: true)
  sftp.download!("there", "again", recursive: true)
end

begin
  Net::SSH.start(host, "anna", options) { |ssh| send(what, ssh) }
rescue Net::SSH::AuthenticationFailed
  puts "refused"
end
