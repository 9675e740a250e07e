package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

class TextColumnsTest {
    private static final StructType SCHEMA = new StructType()
            .add("premise", DataTypes.StringType)
            .add("hypothesis", DataTypes.StringType)
            .add("stars", DataTypes.IntegerType)
            .add("price", DataTypes.DoubleType)
            .add("topics", DataTypes.createArrayType(DataTypes.StringType));

    private static Row row(Object... values) {
        return new GenericRowWithSchema(values, SCHEMA);
    }

    private static final Row ROW = row(
            "a", "b", 4, 2.5, CollectionConverters.asScala(List.of("x", "y")).toSeq());

    @Test
    void inputsAndLabelsAreReadByName() {
        assertThat(TextColumns.of("Premise").input(ROW)).isEqualTo(Text.of("a"));
        assertThat(TextColumns.pair("premise", "hypothesis").input(ROW)).isEqualTo(Text.pair("a", "b"));
        assertThat(TextColumns.of("premise", "stars").label(ROW)).isEqualTo(Label.of("4"));
        assertThat(TextColumns.of("premise").values("stars", "price").label(ROW))
                .isEqualTo(new Label.Values(List.of(4.0, 2.5)));
        assertThat(TextColumns.of("premise").categories("topics").label(ROW))
                .isEqualTo(new Label.Categories(Set.of("x", "y")));
        assertThat(TextColumns.of("premise").label(ROW)).isEqualTo(Label.none());
    }

    @Test
    void labelsOfOtherTypesAreRefusedWithWhatToSayInstead() {
        assertThatCode(() -> TextColumns.of("premise", "stars").checkLabels(SCHEMA))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> TextColumns.of("premise", "price").checkLabels(SCHEMA))
                .isInstanceOf(FinetuneException.class)
                .hasMessage("The column \"price\" is of type double, not a string, a whole number or a boolean, which"
                        + " name a class: cast it, or say values(\"price\") for a number to predict.");
        assertThatThrownBy(() -> TextColumns.of("premise").categories("stars").checkLabels(SCHEMA))
                .hasMessageContaining("not an array of strings");
        assertThatThrownBy(() -> TextColumns.of("premise").values("topics").checkLabels(SCHEMA))
                .hasMessageContaining("not a number to predict");
        assertThatThrownBy(() -> TextColumns.of("premise").checkLabels(SCHEMA))
                .hasMessageContaining("name no label to learn");
    }

    @Test
    void nullsAreToldByColumn() {
        assertThatThrownBy(() -> TextColumns.of("premise").input(row(null, "b", 4, 2.5, null)))
                .isInstanceOf(FinetuneException.class)
                .hasMessage("The column \"premise\" is null.");
        assertThatThrownBy(() -> TextColumns.of("premise").categories("topics").label(row("a", "b", 4, 2.5, null)))
                .hasMessage("The column \"topics\" is null.");
    }
}
