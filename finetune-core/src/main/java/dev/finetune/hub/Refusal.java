package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * What was asked of a hub, to say in the user's words why it was refused.
 *
 * @param endpoint the hub
 * @param id the model
 * @param revision the branch, tag or commit
 * @param file the file, unless the repository as a whole was asked for
 * @param token the token that is sent to the hub, so that it can be kept out of messages
 */
record Refusal(URI endpoint, ModelId id, String revision, Optional<String> file, Optional<String> token) {

    /** What was asked for, in a few words. */
    String what() {
        return file.map(name -> name + " of ").orElse("") + "the model '" + id.value() + "'";
    }

    /** The hub's answer, other than a success or a "try later", as an exception. */
    FinetuneException of(int status, HttpHeaders headers) {
        String code = headers.firstValue("X-Error-Code").orElse("");
        return new FinetuneException(switch (code) {
                    case "RevisionNotFound" -> noRevision();
                    case "EntryNotFound" -> noFile();
                    case "GatedRepo" -> gated(status);
                    default -> byStatus(status, code);
                }
                + said(headers));
    }

    private String byStatus(int status, String code) {
        boolean noAccess = status == 401 || status == 403;
        if (noAccess || code.equals("RepoNotFound")) {
            return noAccess ? noAccess(status) : noRepository();
        }
        if (status == 404) {
            return file.isPresent() ? noFile() : noRepository();
        }
        return endpoint + " answers with status " + status + " to the request for "
                + what() + ", revision '" + revision
                + "'; expected the file. Check that HF_ENDPOINT is a model hub.";
    }

    private String noRepository() {
        return "There is no model '" + id.value() + "' at " + endpoint + ". " + id.notLocal()
                + " Check its spelling at " + page() + "; most ids are 'organisation/name'.";
    }

    private String noRevision() {
        return "The model '" + id.value() + "' at " + endpoint + " has no revision '" + revision
                + "'. Name a branch, a tag or a full commit that " + page() + "/commits/main shows, or take 'main'.";
    }

    private String noFile() {
        return "The model '" + id.value() + "' has no file '" + file.orElse("(unnamed)") + "' at revision '" + revision
                + "'. See which files it has at " + page() + "/tree/" + revision + ".";
    }

    private String gated(int status) {
        return "The model '" + id.value() + "' is gated (status " + status + "): its owner wants you to accept terms"
                + " first. Accept them at " + page() + ", " + howToLogIn();
    }

    private String noAccess(int status) {
        return endpoint + " gives no access to the model '" + id.value() + "' (status " + status
                + "): it is private or gated, or there is no such model (the hub doesn't tell which). "
                + id.notLocal() + " Check its spelling at " + page() + "; for a gated model accept its terms there, "
                + howToLogIn();
    }

    private String howToLogIn() {
        return token.isPresent()
                ? "and check that the token in use (HF_TOKEN or the token file) is valid and may read this model."
                : "then set HF_TOKEN to an access token of an account that may read it (" + endpoint
                        + "/settings/tokens), or log in with 'hf auth login'. No token was sent.";
    }

    private String said(HttpHeaders headers) {
        return headers.firstValue("X-Error-Message")
                .map(text -> " The hub says: \"" + withoutToken(SafeName.printable(text)) + "\"")
                .orElse("");
    }

    private String withoutToken(String text) {
        return token.map(secret -> text.replace(secret, "***")).orElse(text);
    }

    private String page() {
        return endpoint + "/" + id.value();
    }
}
