// A private Dovecot on 127.0.0.1 over a Maildir of given mails. Needs root, as tests/it/dovecot.rs does.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

export const USER = 'test';
export const PASSWORD = 'test';

/** `letters`: raw bytes, oldest first. Returns the running server; `stop()` ends it. */
export async function dovecot(dir, port, letters) {
  chmodSync(dir, 0o755);
  for (const name of ['run', 'index', 'mail', 'mail/cur', 'mail/new', 'mail/tmp']) mkdirSync(join(dir, name), { recursive: true });
  letters.forEach((raw, i) => writeFileSync(join(dir, 'mail', 'cur', `${1_760_000_000 + i * 60}.${String(i).padStart(5, '0')}.payload:2,`), raw));
  const id = (flag) => execFileSync('id', [flag, 'mail'], { encoding: 'utf8' }).trim();
  const [uid, gid] = [id('-u'), id('-g')];
  execFileSync('chown', ['-R', `${uid}:${gid}`, join(dir, 'mail'), join(dir, 'index')]);
  writeFileSync(join(dir, 'passwd'), `${USER}:{PLAIN}${PASSWORD}:${uid}:${gid}::${dir}::\n`);
  writeFileSync(join(dir, 'dovecot.conf'), `base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:${dir}/mail:INDEX=${dir}/index
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
passdb {
  driver = passwd-file
  args = ${dir}/passwd
}
userdb {
  driver = passwd-file
  args = ${dir}/passwd
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    address = 127.0.0.1
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
namespace inbox {
  inbox = yes
  separator = /
}
`);
  const child = spawn('dovecot', ['-F', '-c', join(dir, 'dovecot.conf')], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let i = 0; ; i += 1) {
    const up = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
    if (up) break;
    if (i > 150 || child.exitCode !== null) {
      let log = '';
      try { log = readFileSync(join(dir, 'dovecot.log'), 'utf8'); } catch { /* it never got that far */ }
      throw new Error(`dovecot does not listen: ${log}`);
    }
    await new Promise((r) => setTimeout(r, 100));
  }
  return {
    stop: () => child.kill('SIGTERM'),
    /** Connections that came here and said who they are: the program's own, since the start. */
    logins: () => readFileSync(join(dir, 'dovecot.log'), 'utf8').split('imap-login: Info: Login:').length - 1,
  };
}
