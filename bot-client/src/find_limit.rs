//! `--find-limit`: runs with more and more bots, then with a number in between.

use snapline_bots::{LimitSearch, Options, Report, RunError};

use crate::args::Args;
use crate::run;

/// Runs until the largest number of bots is known that goes well; gives the report of the best run, or of the first when none did.
pub(crate) async fn find(args: &Args, options: &Options, late_ms_max: f64) -> Result<Report, RunError> {
    let mut search = LimitSearch::new(options.bots, args.find_most);
    let mut best: Option<(u32, Report)> = None;
    eprintln!("  bots   good   late p99   skipped   bots busy");
    while let Some(bots) = search.next() {
        let report = run(args, &Options { bots, ..options.clone() }).await?;
        let late_ms = report.load.late_ms.p99;
        let good = report.keeps_up(late_ms_max);
        let late = late_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1} ms"));
        let busy = report.bots_were_busy();
        eprintln!("{bots:>6}   {good:<5}  {late:>9}   {:>7}   {busy}", report.load.skipped_ticks);
        search.note(bots, good);
        if best.as_ref().is_none_or(|(most, _)| good && bots > *most) {
            best = Some((bots, report));
        }
    }
    let Some((_, report)) = best else { return Err(RunError::Stopped) };
    match search.limit() {
        0 => eprintln!("limit: below {} bots", options.bots),
        limit => eprintln!("limit: {limit} bots with p99 of lateness under {late_ms_max} ms"),
    }
    Ok(report)
}
