//! A throwaway Postgres cluster for the tests that need a server.
//!
//! It lives in a temporary folder: data, socket and log. The server refuses to run as root, so that there it belongs to
//! `postgres` or `nobody`; an ordinary user runs it directly. Its settings are those of a real one, `fsync` included:
//! the store looks at them.
//!
//! A small shell holds the server and reads from a pipe that this process keeps open. When this process ends, whatever
//! ends it (success, a failing test, Ctrl-C, a kill), the pipe is closed, and the shell stops the server and removes the
//! folder. No handler of signals can be forgotten, because there is none.
//!
//! Deliberately absent: anything about shops; the tests make their own schemas.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::step::{self, Failure, Step};

/// Names the server to the tests.
pub(crate) const VARIABLE: &str = "SUTLER_TEST_POSTGRES";

/// Programs that a cluster is made of.
const NEEDED: &[&str] = &["initdb", "postgres", "pg_isready"];

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; it stops when this is dropped.
pub(crate) struct Cluster {
    url: String,
    /// The shell that holds the server; `None` for a server that somebody else runs.
    keeper: Option<Child>,
}

impl Cluster {
    /// Returns the server that the environment names, or starts one.
    ///
    /// Errors: there are no Postgres programs and none can be installed; the server does not start.
    pub(crate) fn get() -> Result<Self, Failure> {
        require_pooler()?;
        if let Ok(url) = std::env::var(VARIABLE) {
            return Ok(Self { url, keeper: None });
        }
        let owner = Owner::of_server()?;
        let bin = programs()?;
        start(&bin, &owner)
    }

    /// Tells a step where the server is.
    pub(crate) fn named_to(&self, step: Step) -> Step {
        step.env(VARIABLE, self.url.clone())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            drop(keeper.stdin.take());
            // Whether it stopped well is of no interest: its data is gone.
            let _ = keeper.wait();
        }
    }
}

/// Who runs the server.
enum Owner {
    /// Whoever runs this.
    Me,
    /// Another user, because this is root.
    Another(&'static str),
}

impl Owner {
    fn of_server() -> Result<Self, Failure> {
        if first_line(Command::new("id").arg("-u")).as_deref() != Some("0") {
            return Ok(Owner::Me);
        }
        let exists = |user: &&str| first_line(Command::new("id").args(["-u", user])).is_some();
        ["postgres", "nobody"].into_iter().find(exists).map(Owner::Another).ok_or_else(|| {
            Failure::new(
                "Postgres does not run as root, and there is no user `postgres` or `nobody`",
                "run `cargo xtask test` as an ordinary user",
            )
        })
    }

    /// Returns a command that runs as this user.
    fn command(&self, program: &Path) -> Result<Command, Failure> {
        let Owner::Another(user) = self else { return Ok(Command::new(program)) };
        let ways: [(&str, &[&str]); 2] = [
            ("runuser", &["-u", user, "--"]),
            ("setpriv", &["--reuid", user, "--regid", user, "--clear-groups", "--"]),
        ];
        for (way, words) in ways {
            if step::is_there(way) {
                let mut command = Command::new(way);
                command.args(words).arg(program);
                return Ok(command);
            }
        }
        Err(Failure::new(
            "neither `runuser` nor `setpriv` is there to run Postgres as another user",
            "install util-linux, or run `cargo xtask test` as an ordinary user",
        ))
    }

    /// Makes a folder that only this user can enter.
    fn folder(&self) -> Result<PathBuf, Failure> {
        let name = format!("sutler-postgres-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let failed = |error: std::io::Error| {
            Failure::new(
                format!("cannot make the folder {}: {error}", folder.display()),
                "point TMPDIR at a folder that can be written to, with a short name",
            )
        };
        std::fs::create_dir(&folder).map_err(failed)?;
        let mut done = Command::new("chmod").arg("700").arg(&folder).status().map_err(failed)?;
        if let (Owner::Another(user), true) = (self, done.success()) {
            done = Command::new("chown").arg(user).arg(&folder).status().map_err(failed)?;
        }
        match done.success() {
            true => Ok(folder),
            false => Err(failed(std::io::Error::other("its owner and mode cannot be set"))),
        }
    }
}

/// Returns the folder of the Postgres programs, after installing them where that is allowed.
fn programs() -> Result<PathBuf, Failure> {
    if let Some(bin) = find(&places()) {
        return Ok(bin);
    }
    install("postgresql")?;
    find(&places()).ok_or_else(|| {
        Failure::new(
            format!(
                "the programs {} are neither on the PATH nor in /usr/lib/postgresql/*/bin",
                NEEDED.join(", ")
            ),
            format!(
                "Debian and Ubuntu: apt-get install postgresql. Fedora: dnf install postgresql-server. macOS: brew \
                 install postgresql. Or name a running server: {VARIABLE}=postgres://user@host/db"
            ),
        )
    })
}

/// Makes sure that the tests find pgbouncer, after installing it where that is allowed.
fn require_pooler() -> Result<(), Failure> {
    let is_there = || {
        let mut places = places();
        places.push("/usr/sbin".into());
        places.iter().any(|place| place.join("pgbouncer").is_file())
    };
    if !is_there() {
        install("pgbouncer")?;
    }
    is_there().then_some(()).ok_or_else(|| {
        Failure::new(
            "the program pgbouncer is neither on the PATH nor in /usr/sbin; a shop behind it is tested too",
            "Debian and Ubuntu: apt-get install pgbouncer. Fedora: dnf install pgbouncer. macOS: brew install pgbouncer",
        )
    })
}

/// Installs a package where that is allowed: on Debian, by root.
fn install(package: &str) -> Result<(), Failure> {
    let is_root = first_line(Command::new("id").arg("-u")).as_deref() == Some("0");
    if !is_root || !step::is_there("apt-get") {
        return Ok(());
    }
    Step::new("list of packages", "apt-get update").run()?;
    let line = format!("apt-get install --yes --no-install-recommends {package}");
    Step::new("install", &line).env("DEBIAN_FRONTEND", "noninteractive").run()
}

/// Returns the folders to look in: the PATH, then Debian's, newest version first.
fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    places.extend(versions.into_iter().map(|(_, bin)| bin));
    places
}

/// Returns the first folder that holds all programs.
fn find(places: &[PathBuf]) -> Option<PathBuf> {
    let complete = |bin: &&PathBuf| NEEDED.iter().all(|program| bin.join(program).is_file());
    places.iter().find(complete).cloned()
}

/// What the shell does; `$1` is the server, `$2` the folder, the rest are words for the server.
const KEEPER: &str = r#"
trap '' INT TERM HUP
server=$1 folder=$2
shift 2
"$server" -D "$folder/data" -k "$folder" "$@" >"$folder/log" 2>&1 </dev/null &
pid=$!
read -r _
kill -INT $pid 2>/dev/null
wait $pid
rm -rf "$folder"
"#;

fn start(bin: &Path, owner: &Owner) -> Result<Cluster, Failure> {
    let folder = owner.folder()?;
    let started = Instant::now();
    let result = initialize(bin, owner, &folder).and_then(|()| serve(bin, owner, &folder));
    match &result {
        Ok(_) => step::tell(&format!("── postgres: started in {:.1?}\n", started.elapsed())),
        Err(_) => drop(std::fs::remove_dir_all(&folder)),
    }
    result
}

fn initialize(bin: &Path, owner: &Owner, folder: &Path) -> Result<(), Failure> {
    let output = owner
        .command(&bin.join("initdb"))?
        .arg("-D")
        .arg(folder.join("data"))
        .args(["--username=sutler", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
        .current_dir("/")
        .output();
    let told = match output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(format!("initdb failed: {told}"), "look at what it says"))
}

fn serve(bin: &Path, owner: &Owner, folder: &Path) -> Result<Cluster, Failure> {
    let failed = |what: String| {
        let help = "repeat it; the log of the server stands above when there is one";
        Failure::new(format!("the Postgres server did not start: {what}"), help)
    };
    let port = free_port().map_err(|error| failed(error.to_string()))?;
    let keeper = owner
        .command(Path::new("sh"))?
        .args(["-c", KEEPER, "keeper"])
        .arg(bin.join("postgres"))
        .arg(folder)
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "max_connections=300", "-c", "log_min_messages=fatal"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let host = folder.display().to_string().replace('/', "%2F");
    let url = format!("postgres://sutler@{host}:{port}/postgres");
    let cluster = Cluster { url, keeper: Some(keeper) };
    let began = Instant::now();
    while !is_ready(bin, folder, port) {
        if began.elapsed() > PATIENCE {
            let mut log = String::new();
            if let Ok(mut file) = std::fs::File::open(folder.join("log")) {
                // What cannot be read is left out.
                let _ = file.read_to_string(&mut log);
            }
            return Err(failed(format!("it does not answer\n{log}")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(cluster)
}

fn is_ready(bin: &Path, folder: &Path, port: u16) -> bool {
    let mut ask = Command::new(bin.join("pg_isready"));
    ask.arg("-q").arg("-h").arg(folder).args(["-p", &port.to_string()]);
    ask.status().is_ok_and(|status| status.success())
}

/// Returns a port that nobody listens on.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Returns the first line that a program prints; `None` when it fails.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or("").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_counts_only_when_it_holds_every_program() {
        let above = tempfile::tempdir().expect("a temporary folder");
        let (half, whole) = (above.path().join("half"), above.path().join("whole"));
        for (folder, programs) in [(&half, &NEEDED[..1]), (&whole, NEEDED)] {
            std::fs::create_dir(folder).expect("a folder");
            for program in programs {
                std::fs::write(folder.join(program), "").expect("a file");
            }
        }
        assert_eq!(find(std::slice::from_ref(&half)), None);
        assert_eq!(find(&[half, whole.clone()]), Some(whole));
    }

    #[test]
    fn a_cluster_answers_while_it_is_kept_and_is_gone_afterwards() {
        // Where there is no Postgres, `cargo xtask test` says so; this test is about what happens with one.
        let (Some(bin), Ok(owner)) = (find(&places()), Owner::of_server()) else { return };
        let cluster = start(&bin, &owner).expect("it starts");
        let step = cluster.named_to(Step::new("tests", "cargo test"));
        let url = &step.env.first().expect("the variable").1;
        let (folder, port) = url
            .trim_start_matches("postgres://sutler@")
            .trim_end_matches("/postgres")
            .split_once(':')
            .expect("a folder and a port");
        let folder = PathBuf::from(folder.replace("%2F", "/"));
        let port = port.parse().expect("a port");
        assert!(is_ready(&bin, &folder, port), "{url}");
        drop(cluster);
        assert!(!is_ready(&bin, &folder, port), "the server is still there");
        assert!(!folder.exists(), "its folder is still there");
    }
}
