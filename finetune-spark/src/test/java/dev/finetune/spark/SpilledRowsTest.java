package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

class SpilledRowsTest {
    private static final StructType SCHEMA = new StructType()
            .add("text", DataTypes.StringType)
            .add("stars", DataTypes.IntegerType)
            .add("id", DataTypes.LongType)
            .add("price", DataTypes.DoubleType)
            .add("good", DataTypes.BooleanType)
            .add("topics", DataTypes.createArrayType(DataTypes.StringType))
            .add("sum", DataTypes.createDecimalType(10, 2))
            .add("bytes", DataTypes.BinaryType)
            .add("at", DataTypes.TimestampType);

    @TempDir
    Path folder;

    private static Row row(int i) {
        return new GenericRowWithSchema(
                new Object[] {
                    i % 7 == 3 ? null : "déjà vu \uD83D\uDE00 " + "long ".repeat(i % 50),
                    i,
                    1L << i % 60,
                    i / 3.0,
                    i % 2 == 0,
                    CollectionConverters.asScala(List.of("a", "b" + i)).toSeq(),
                    new BigDecimal("12.50"),
                    new byte[] {1, (byte) i},
                    new Timestamp(1_000L * i)
                },
                SCHEMA);
    }

    @Test
    void rowsComeBackAsTheyWereInTheirOrderAsOftenAsTheyAreRead() {
        try (SpilledRows rows = SpilledRows.in(folder.resolve("rows"))) {
            final List<Row> expected =
                    IntStream.range(0, 5000).mapToObj(SpilledRowsTest::row).toList();
            expected.forEach(rows::add);
            assertThat(rows.count()).isEqualTo(5000);
            for (int pass = 0; pass < 2; pass++) {
                try (Stream<Row> read = rows.stream()) {
                    assertThat(read.toList()).isEqualTo(expected).allMatch(row -> row.schema() == SCHEMA);
                }
            }
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void noRowsAreNone() {
        try (SpilledRows rows = SpilledRows.in(folder.resolve("rows"));
                Stream<Row> read = rows.stream()) {
            assertThat(read).isEmpty();
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsTold() {
        assertThatThrownBy(() -> SpilledRows.in(folder.resolve("missing").resolve("rows")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("spark.local.dir");
    }
}
