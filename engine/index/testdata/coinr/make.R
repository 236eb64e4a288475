# Makes the references beside this file with COINr 1.1.14 (MIT, github.com/bluefoxr/COINr @
# b9682034635df03279896b6cb025cd3534f82cbb) and R 4.2.2. iData.csv, iMeta.csv and
# weights.csv are made up. Here: Rscript make.R
if (!exists("new_coin")) library(COINr)
out <- function(x, f) write.csv(x, paste0(f, ".csv"), row.names = FALSE, na = "")
read <- function(f) read.csv(f, na.strings = c("NA", ""), stringsAsFactors = FALSE)
iMeta <- read("iMeta.csv")
coin <- new_coin(read("iData.csv"), iMeta)
coin <- Denominate(coin, dset = "Raw")
coin <- Impute(coin, dset = "Denominated", f_i = "i_mean_grp", use_group = "Kind")
coin <- Screen(coin, dset = "Imputed", dat_thresh = 0.9, unit_screen = "byNA")
coin <- Treat(coin, dset = "Screened", global_specs = list(f1_para = list(winmax = 5)))
for (s in c("Raw", "Denominated", "Imputed", "Screened", "Treated")) out(coin$Data[[s]], paste0("stage_", tolower(s)))
out(coin$Analysis$Treated$Dets_Table, "treat_table")
out(coin$Analysis$Treated$Treated_Points, "treat_points")

out(Impute(coin, dset = "Denominated", f_i = "i_mean", out2 = "df"), "impute_mean")
out(Impute(coin, dset = "Denominated", f_i = "i_median", out2 = "df"), "impute_median")
out(Impute(coin, dset = "Denominated", f_i = "i_median_grp", use_group = "Zone", out2 = "df"), "impute_median_zone")
screened <- Screen(coin, dset = "Denominated", dat_thresh = 0.8, nonzero_thresh = 0.87, unit_screen = "byNAandzeros", out2 = "list",
                   Force = data.frame(uCode = c("L12", "M01"), Include = c(TRUE, FALSE)))
out(screened$ScreenedData, "screen_zeros")
out(screened$DataSummary, "screen_summary")
for (f2 in c("log_CT", "log_CT_plus", "log_CT_orig")) {
  treated <- Treat(coin, dset = "Screened", global_specs = list(f1_para = list(winmax = 1), f2 = f2), out2 = "list")
  out(treated$x_treat, paste0("treat_", f2))
  out(treated$Dets_Table, paste0("treat_", f2, "_table"))
  out(treated$Treated_Points, paste0("treat_", f2, "_points"))
}
combined <- Treat(coin, dset = "Screened", global_specs = list(f1_para = list(winmax = 1)), combine_treat = TRUE, out2 = "list")
out(combined$x_treat, "treat_combined")
out(combined$Treated_Points, "treat_combined_points")

norms <- list(minmax = list(f_n = "n_minmax", f_n_para = list(c(1, 100))), zscore = list(f_n = "n_zscore", f_n_para = list(c(10, 2))),
              rank = list(f_n = "n_rank"), borda = list(f_n = "n_borda"), prank = list(f_n = "n_prank"), dist2max = list(f_n = "n_dist2max"),
              dist2ref = list(f_n = "n_dist2ref", f_n_para = list(iref = 15)),
              dist2targ = list(f_n = "n_dist2targ", f_n_para = "use_iMeta"), goalposts = list(f_n = "n_goalposts", f_n_para = "use_iMeta"))
for (n in names(norms)) out(Normalise(coin, dset = "Treated", global_specs = norms[[n]], out2 = "df"), paste0("norm_", n))

coin <- Normalise(coin, dset = "Treated", global_specs = norms$minmax)
weights <- read("weights.csv")
aggregated <- function(...) Aggregate(coin, dset = "Normalised", ..., out2 = "df")
out(aggregated(f_ag = "a_amean"), "agg_amean")
out(aggregated(f_ag = "a_gmean"), "agg_gmean")
out(aggregated(f_ag = "a_hmean"), "agg_hmean")
out(aggregated(f_ag = c("a_amean", "a_gmean", "a_hmean")), "agg_mixed")
out(aggregated(f_ag = "a_gmean", w = weights), "agg_weights")
out(aggregated(f_ag = "a_amean", dat_thresh = 0.7), "agg_available")
coin <- Aggregate(coin, dset = "Normalised", f_ag = c("a_amean", "a_gmean", "a_hmean"))
out(get_results(coin, dset = "Aggregated", tab_type = "Aggs", use = "ranks"), "ranks")
out(get_eff_weights(coin), "weights_effective")
for (l in 1:3) {
  left <- remove_elements(coin, Level = l, dset = "Aggregated", iCode = "Whole", quietly = TRUE)
  out(left$Scores, paste0("left_out_", l))
  out(data.frame(iCode = names(left$MeanAbsDiff), Shift = left$MeanAbsDiff), paste0("left_out_", l, "_shift"))
}
out(get_PCA(coin, dset = "Aggregated", Level = 2, out2 = "list")$Weights, "weights_pca_2")
out(get_PCA(coin, dset = "Aggregated", iCodes = "Cover", Level = 1, out2 = "list", nowarnings = TRUE)$Weights, "weights_pca_cover")
