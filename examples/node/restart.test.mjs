// A test with Node's own runner: `node --test`. Needs `mock-ssh` and `ssh` on the path.
import assert from "node:assert";
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { promisify } from "node:util";

test("it restarts the service once", async () => {
  const flags = ["--json", "--exit-with-parent", "--expect", 'exec "systemctl restart app" x1'];
  const server = spawn("mock-ssh", ["serve", ...flags], { stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const line = async () => JSON.parse((await lines.next()).value);

  const ready = await line();
  const ssh = await promisify(execFile)("ssh", ["-F", ready.ssh_config, "none", "systemctl restart app"]);
  assert.equal(ssh.stdout, "REMOTE_OK:systemctl restart app\n");

  server.kill("SIGTERM");
  const stopped = await line();
  assert.ok(stopped.verified, stopped.report);
});
