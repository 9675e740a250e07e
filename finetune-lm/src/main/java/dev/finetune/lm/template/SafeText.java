package dev.finetune.lm.template;

/** Text that is marked as safe HTML: prints as it is; what is added to it is escaped. Nothing else is known of it. */
record SafeText(String text) {
    static SafeText escape(Object value) {
        if (value instanceof SafeText safe) {
            return safe;
        }
        return new SafeText(Repr.str(value)
                .replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;"));
    }
}
