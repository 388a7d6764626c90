//! Our own client against the whole toolkit.
