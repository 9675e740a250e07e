package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Page;
import dev.finetune.record.FitRecord;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The page of a fit that goes on, which renews itself, and what has to be served with it. */
public final class LivePage {
    /** Where the page finds its script. */
    public static final String SCRIPT_PATH = "/live.js";

    /** What the page may do: show itself, and run and ask nothing but its own server. */
    public static final String POLICY =
            "default-src 'none'; img-src data:; script-src 'self'; connect-src 'self'; style-src" + " 'sha256-"
                    + sha256(HtmlReporter.style()) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String SCRIPT = "live.js";

    private LivePage() {}

    /**
     * Where a training is.
     *
     * @param step optimizer steps that are done
     * @param here how many of them this process made
     * @param planned how many there will be; -1 where that isn't known
     * @param seconds since it began here
     */
    public record State(long step, long here, long planned, double seconds) {
        /** "step 3 of 10 (30 %), about 12 s left". */
        String words() {
            if (planned <= 0) {
                return Told.plural(step, "step", "steps") + " made";
            }
            final String where = "step " + Told.count(step) + " of " + Told.count(planned) + " ("
                    + Math.round(100.0 * step / planned) + " %)";
            return here == 0 ? where : where + ", about " + Told.seconds(seconds / here * (planned - step)) + " left";
        }
    }

    /**
     * {@return the page of a fit as far as it is}
     *
     * @param fit what is known of it
     * @param state where it is
     */
    public static String of(FitRecord fit, State state) {
        return HtmlReporter.live(
                with(
                        FitPage.of(fit),
                        "Live: " + state.words() + ". Made at " + Instant.now().truncatedTo(ChronoUnit.SECONDS)
                                + "; renewed every few seconds."),
                true);
    }

    /**
     * {@return the last page of a fit, which is renewed no more}
     *
     * @param fit all of it
     */
    public static String ofEnded(FitRecord fit) {
        return HtmlReporter.live(with(FitPage.of(fit), "This fit is over, and this page is renewed no more."), false);
    }

    /** {@return a page for when there is nothing to show: before training, and where a page can't be made} */
    public static String ofNothing() {
        return HtmlReporter.live(
                new Page(
                        "A fit that is under way",
                        "There is nothing to show of it just now.",
                        List.of(new Block.Prose("Live: this page is renewed every few seconds.")),
                        List.of(),
                        "Made by Finetune."),
                true);
    }

    private static Page with(Page page, String state) {
        final List<Block> overview = new ArrayList<>();
        overview.add(new Block.Prose(state));
        overview.addAll(page.overview());
        return new Page(page.title(), page.subtitle(), overview, page.sections(), page.footer());
    }

    /** {@return the script that renews the page in its place} */
    public static String script() {
        return HtmlReporter.resource(SCRIPT);
    }

    private static String sha256(String text) {
        try {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return Base64.getEncoder().encodeToString(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every Java has it.
        }
    }
}
