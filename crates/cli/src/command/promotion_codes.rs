//! `sutler promotion codes`: coupon codes that nobody can guess, made for a promotion or listed again.

use std::io::Write as _;
use std::path::PathBuf;

use sutler_core::id::CouponBatchId;
use sutler_core::pricing::CouponCode;
use sutler_engine::Shop;
use sutler_engine::flow::coupon::CodesCommand;

use crate::answer::Answer;
use crate::confirm::confirm;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::plural::counted;
use crate::target::{self, Target};
use crate::view::CouponCodeList;

/// How many codes are read at once.
const PAGE: usize = 10_000;

/// Make coupon codes that nobody can guess, or list those of a promotion
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler promotion codes Welcome
  sutler promotion codes Letter --count 500 --prefix SPRING --out codes.txt
  sutler promotion codes Letter --count 500 --dry-run

From the first code on the promotion needs one, and each may be used once unless the promotion says how often.
Without --count the codes that were made are listed.")]
pub(crate) struct CodesArgs {
    /// Name or id of the promotion
    promotion: String,
    /// How many to make
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    count: Option<u32>,
    /// What each code begins with
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        requires = "count",
        value_name = "WORD"
    )]
    prefix: String,
    /// Write the codes to a file, one a line
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Say what would be; make nothing
    #[arg(long, requires = "count", conflicts_with = "out")]
    dry_run: bool,
    /// Replace the file when it is there
    #[arg(long)]
    yes: bool,
}

impl CodesArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let target = self.target(context)?;
        let (codes, summary) = match self.count {
            Some(count) => self.make(&shop, count)?,
            None => (self.list(&shop)?, None),
        };
        let shown = CouponCodeList::new(&self.promotion, codes, self.out.as_deref());
        let answer = match target {
            None => Answer::many(shown),
            Some(target) => Answer::many(self.write(target, shown)?),
        };
        let Some(summary) = summary else { return Ok(answer) };
        let next = if self.dry_run {
            format!("promotion codes {} --count N --out codes.txt", quoted(&self.promotion))
        } else {
            "cart coupon CART CODE".to_owned()
        };
        Ok(answer.summary(summary).next(context.hint(next)))
    }

    /// Begins the file before any code is made, so that none is made that cannot be written down.
    fn target(&self, context: &Context<'_>) -> Result<Option<Target>, CommandError> {
        let Some(path) = &self.out else { return Ok(None) };
        context.require_outside_shop(path)?;
        if target::replaces(path) {
            confirm(context, self.yes, &format!("replaces {}", path.display()))?;
        }
        Target::begin(path).map(Some)
    }

    fn make(
        &self,
        shop: &Shop,
        count: u32,
    ) -> Result<(Vec<CouponCode>, Option<String>), CommandError> {
        let (promotion, prefix) = (self.promotion.clone(), self.prefix.clone());
        let made =
            shop.coupon_codes_make(&CodesCommand { promotion, count, prefix }, self.dry_run)?;
        let batch: CouponBatchId = made.batch;
        let times = made.promotion.limits.uses_per_coupon;
        let times = times.map_or_else(
            || "as often as anybody likes".to_owned(),
            |times| counted(u64::from(times), "time", "times"),
        );
        let codes = counted(u64::from(count), "code", "codes");
        let summary = if self.dry_run {
            format!("would make {codes} for {}, each to be used {times}", made.promotion.name)
        } else {
            format!("made {codes} for {} ({batch}), each to be used {times}", made.promotion.name)
        };
        Ok((made.codes, Some(summary)))
    }

    fn list(&self, shop: &Shop) -> Result<Vec<CouponCode>, CommandError> {
        let mut codes: Vec<CouponCode> = Vec::new();
        loop {
            let page = shop.coupon_codes(&self.promotion, codes.last(), PAGE)?;
            if page.is_empty() {
                return Ok(codes);
            }
            codes.extend(page);
        }
    }

    fn write(
        &self,
        mut target: Target,
        shown: CouponCodeList,
    ) -> Result<CouponCodeList, CommandError> {
        let mut text = String::new();
        for row in &shown.codes {
            text.push_str(&row.code);
            text.push('\n');
        }
        let path = self.out.as_deref().map_or_else(String::new, |path| path.display().to_string());
        target.write_all(text.as_bytes()).map_err(|source| CommandError::Io {
            what: "cannot write",
            path,
            source,
        })?;
        target.finish()?;
        Ok(CouponCodeList { codes: Vec::new(), ..shown })
    }
}
