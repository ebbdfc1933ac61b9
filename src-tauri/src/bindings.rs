//! The TypeScript side of the command table, written to `ui/src/ipc/bindings.ts` by `cargo xtask bindings`; a test fails
//! when the committed file is stale.

use std::{any::TypeId, collections::BTreeMap, collections::HashSet};

use ts_rs::{Config, TS, TypeVisitor};

#[allow(clippy::wildcard_imports, reason = "the table names every request and response type")]
use crate::dto::*;

struct Collector {
    config: Config,
    seen: HashSet<TypeId>,
    declarations: BTreeMap<String, String>,
}

impl TypeVisitor for Collector {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Types without an output path are built in (numbers, strings, lists).
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            self.declarations.insert(T::ident(&self.config), format!("{docs}export {}", T::decl(&self.config)));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

macro_rules! export {
    ($($name:ident($req:ty) -> $res:ty),* $(,)?) => {
        fn collect(collector: &mut Collector, table: &mut String) {
            $(
                collector.visit::<$req>();
                collector.visit::<$res>();
                *table += &format!(
                    "  {}: [{}, {}];\n",
                    stringify!($name),
                    <$req as TS>::name(&collector.config),
                    <$res as TS>::name(&collector.config),
                );
            )*
        }
    };
}
crate::with_commands!(export);

/// The whole file.
pub fn typescript() -> String {
    let mut collector = Collector { config: Config::default(), seen: HashSet::new(), declarations: BTreeMap::new() };
    let mut table = String::new();
    collect(&mut collector, &mut table);
    collector.visit::<ApiError>();
    collector.visit::<AppEvent>();
    let mut out = String::from("// Generated from the command table by `cargo xtask bindings`. Do not edit.\n\n");
    for declaration in collector.declarations.values() {
        out += declaration;
        out += "\n\n";
    }
    out +=
        &format!("/** Characters of a passphrase that is chosen now. */\nexport const PASSPHRASE_LEAST = {};\n\n", vault::PASSPHRASE_LEAST);
    out += "/** Every command: [request, response]. */\nexport interface Commands {\n";
    out += &table;
    out += "}\n";
    out
}
