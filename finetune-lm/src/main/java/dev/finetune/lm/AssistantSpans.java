package dev.finetune.lm;

import dev.finetune.batch.Target;
import dev.finetune.bert.text.TokenizedText;
import dev.finetune.error.FinetuneException;
import dev.finetune.lm.template.Rendered.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where in a rendered conversation the assistant speaks, and which tokens these are. */
final class AssistantSpans {
    private static final int SHOWN = 30;

    private AssistantSpans() {}

    /** By what the conversation renders to up to, and with, each message of the assistant. */
    static List<Span> of(ChatTemplate template, Chat chat, String whole) {
        List<Span> spans = new ArrayList<>();
        List<Message> messages = chat.messages();
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i).isAssistant()) {
                String before = part(template, chat.before(i), true, i, whole);
                String with = i + 1 == messages.size() ? whole : part(template, chat.before(i + 1), false, i, whole);
                if (before.length() > with.length()) {
                    throw untold("message " + (i + 1) + " ends before the prompt for it does");
                }
                spans.add(new Span(before.length(), with.length()));
            }
        }
        return spans;
    }

    /** What follows on a prompt, which has to be what the whole begins with. */
    static Span ofAnswer(String prompt, String whole) {
        if (!whole.startsWith(prompt)) {
            int same = Arrays.mismatch(prompt.toCharArray(), whole.toCharArray());
            throw new FinetuneException(
                    "It can't be told which tokens are the answer's, since the conversation before it, with the"
                            + " generation prompt, renders to another text alone than as the beginning of the whole: from character "
                            + same + " on, \"" + shown(prompt, same) + "\" against \"" + shown(whole, same)
                            + "\". An answer begins with a message of the assistant, and a template that writes earlier messages"
                            + " otherwise once an answer follows can't be learned from by preferences.");
        }
        return new Span(prompt.length(), whole.length());
    }

    private static String part(ChatTemplate template, Chat chat, boolean prompt, int message, String whole) {
        String text;
        try {
            text = template.render(chat, prompt);
        } catch (FinetuneException e) {
            throw new FinetuneException(
                    "To tell what of a conversation its message " + (message + 1) + " (of the assistant) is, its first "
                            + chat.messages().size() + " messages were rendered alone, and failed: " + e.getMessage()
                            + " " + MENDING,
                    e);
        }
        if (!whole.startsWith(text)) {
            int same = Arrays.mismatch(text.toCharArray(), whole.toCharArray());
            throw untold("its first " + chat.messages().size() + " messages"
                    + (prompt ? " with the generation prompt" : "") + " render to another text alone than as its"
                    + " beginning: from character " + same + " on, \"" + shown(text, same) + "\" against \""
                    + shown(whole, same) + "\"");
        }
        return text;
    }

    private static final String MENDING =
            "Put {% generation %} and {% endgeneration %} around what the assistant says in" + " the chat template.";

    private static FinetuneException untold(String reason) {
        return new FinetuneException("It can't be told which tokens of a conversation are the assistant's, since "
                + reason + ". " + MENDING);
    }

    private static String shown(String text, int from) {
        return text.substring(from, Math.min(text.length(), from + SHOWN)).replace("\n", "\\n");
    }

    /** The tokens, each its own label where it lies in a span, wholly or in part. */
    static ChatTokens labelled(TokenizedText tokens, List<Span> said) {
        int[] labels = new int[tokens.length()];
        Arrays.fill(labels, Target.IGNORED);
        int next = 0;
        for (Span span : said) {
            // A token of blanks may have no length, as its blanks are not counted: it stands where they end.
            while (next < labels.length && tokens.ends()[next] <= span.start()) {
                next++;
            }
            for (int i = next; i < labels.length && isIn(tokens.starts()[i], tokens.ends()[i], span); i++) {
                labels[i] = tokens.ids()[i];
            }
        }
        return new ChatTokens(tokens.ids(), labels);
    }

    private static boolean isIn(int start, int end, Span span) {
        return start == end ? end <= span.end() : start < span.end();
    }
}
