package dev.finetune.spi;

import dev.finetune.data.DataReport;
import dev.finetune.record.FitRecord;
import dev.finetune.record.SearchRecord;
import dev.finetune.record.TuningRecord;
import java.util.Map;

/**
 * Makes pages that show fits, and the data for them. Found with {@link java.util.ServiceLoader}; the artifact finetune-report brings the one that there is,
 * so that who wants no reports carries nothing of it.
 */
public interface FitReporter {
    /**
     * {@return a page of HTML that needs nothing else: neither other files nor a network}
     *
     * @param fit what it shows
     */
    String page(FitRecord fit);

    /**
     * {@return a page of HTML that shows fits beside each other, and needs nothing else}
     *
     * @param fits at least two, by the names that they are shown under, in the order in which they are shown
     */
    String comparison(Map<String, FitRecord> fits);

    /**
     * {@return a page of HTML that shows a search, and needs nothing else}
     *
     * @param search what it shows
     */
    String search(SearchRecord search);

    /**
     * {@return a page of HTML that shows an automatic tuning, and needs nothing else}
     *
     * @param tuning what it shows
     */
    String tuning(TuningRecord tuning);

    /**
     * {@return a page of HTML that shows what a check of data found, and needs nothing else}
     *
     * @param check what it shows
     */
    String check(DataReport check);
}
