//! `sqlx::migrate!` reads the folder at compile time; cargo must know that a new or changed file means a new build.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
