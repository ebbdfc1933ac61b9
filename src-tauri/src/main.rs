fn main() {
    print!("{}", aurelius_lib::bindings::typescript());
}
