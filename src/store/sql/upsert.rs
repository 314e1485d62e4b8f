//! An insert that becomes an update where the row is there already, prepared once per connection.
//!
//! diesel's own `do_update()` marks its statement as unsafe to cache, so it would be parsed anew
//! for every row: on SQLite most of the cost of a row. Here the insert, with its columns and binds, is
//! diesel's, typed; the conflict clause is a constant text, so the statement as a whole is fixed
//! by its type, and its type is what the cache knows it by.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::{Connection, Db};

/// What to do about a row that is there already.
pub(super) trait OnConflict: 'static {
    /// ` ON CONFLICT …`, with its leading space.
    const SQL: &'static str;
}

/// The insert `I` with the conflict clause `C`.
pub(super) struct Upsert<I, C> {
    insert: I,
    clause: PhantomData<C>,
}

impl<I, C> Upsert<I, C> {
    /// Adds the clause to an insert.
    pub(super) const fn new(insert: I) -> Self {
        Self { insert, clause: PhantomData }
    }
}

impl<I: QueryFragment<Db>, C: OnConflict> QueryFragment<Db> for Upsert<I, C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        self.insert.walk_ast(out.reborrow())?;
        out.push_sql(C::SQL);
        Ok(())
    }
}

impl<I: QueryId, C: 'static> QueryId for Upsert<I, C> {
    type QueryId = Upsert<I::QueryId, C>;

    const HAS_STATIC_QUERY_ID: bool = I::HAS_STATIC_QUERY_ID;
}

impl<I, C> RunQueryDsl<Connection> for Upsert<I, C> {}

/// Defines an [`OnConflict`] on the column `id` or the one that `of` names: which columns follow the new row, and for which rows (`if` is the
/// guard: where it does not hold nothing is written, and 0 rows are reported).
macro_rules! on_conflict {
    ($name:ident: $($rest:tt)*) => {
        on_conflict!($name of id: $($rest)*);
    };
    (
        $name:ident of $key:ident: [$first:ident $(, $column:ident)* $(,)?] $(, if $guard:literal)?
    ) => {
        struct $name;

        impl super::upsert::OnConflict for $name {
            const SQL: &'static str = concat!(
                " ON CONFLICT (", stringify!($key), ") DO UPDATE SET ",
                stringify!($first), " = excluded.", stringify!($first),
                $( ", ", stringify!($column), " = excluded.", stringify!($column), )*
                $( " WHERE ", $guard, )?
            );
        }
    };
}

pub(super) use on_conflict;
