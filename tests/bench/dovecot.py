"""A private, throw-away Dovecot 2.3 on 127.0.0.1 over an existing Maildir. Needs root: it starts as root and drops to the user `mail`."""
import os, shutil, socket, subprocess, time

USER = PASSWORD = "test"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Dovecot:
    def __init__(self, maildir, state):
        import pwd
        state = os.path.abspath(state)
        self.state, self.port, who = state, free_port(), pwd.getpwnam("mail")
        for d in ("run", "index"): os.makedirs(os.path.join(state, d), exist_ok=True)
        os.chmod(state, 0o755)
        subprocess.run(["chown", "-R", "%d:%d" % (who.pw_uid, who.pw_gid), maildir, os.path.join(state, "index")], check=True)
        with open(os.path.join(state, "passwd"), "w") as f: f.write("%s:{PLAIN}%s:%d:%d::%s::\n" % (USER, PASSWORD, who.pw_uid, who.pw_gid, state))
        self.conf = os.path.join(state, "dovecot.conf")
        with open(self.conf, "w") as f:
            f.write("""base_dir = {s}/run
state_dir = {s}/run
log_path = {s}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{m}:INDEX={s}/index
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
default_vsz_limit = 2G
passdb {{
  driver = passwd-file
  args = {s}/passwd
}}
userdb {{
  driver = passwd-file
  args = {s}/passwd
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {p}
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
""".format(s=state, m=os.path.abspath(maildir), p=self.port))

    def __enter__(self):
        self.child = subprocess.Popen(["dovecot", "-F", "-c", self.conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                if time.monotonic() > until or self.child.poll() is not None: raise
                time.sleep(.05)

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()
        shutil.rmtree(os.path.join(self.state, "index"), ignore_errors=True)
