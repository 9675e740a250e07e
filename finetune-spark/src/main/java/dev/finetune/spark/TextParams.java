package dev.finetune.spark;

import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;
import org.jspecify.annotations.Nullable;

/** The parameters that the estimator and its model share. */
interface TextParams extends Params {
    String TEXT = "the column of texts";
    String SECOND_TEXT = "the column of the second texts of pairs; none if not set";
    String PREFIX = "what the names of the columns with predictions begin with";

    /** {@return the column of texts; "text" by default} */
    Param<String> textCol();

    /** {@return the column of the second texts of pairs; none by default} */
    Param<String> secondTextCol();

    /** {@return what the names of the columns with predictions begin with; nothing by default} */
    Param<String> outputPrefix();

    /** {@return the columns of texts} */
    default TextColumns texts() {
        final String text = getOrDefault(textCol());
        return isSet(secondTextCol()) ? TextColumns.pair(text, getOrDefault(secondTextCol())) : TextColumns.of(text);
    }

    /** {@return the value of a parameter, or null if it has none} */
    static <T> @Nullable T said(Params params, Param<T> param) {
        return params.isDefined(param) ? params.getOrDefault(param) : null;
    }
}
