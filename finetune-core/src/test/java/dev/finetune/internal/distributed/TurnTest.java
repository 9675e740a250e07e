package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.distributed.Turn.Standing;
import org.junit.jupiter.api.Test;

class TurnTest {
    private final Turn lead = Turn.first("lead").next();
    private final Turn other = Turn.first("other").next();

    private void meet(Turn one, Turn another) {
        assertThat(one.standing(1, another.said(0))).isEqualTo(Standing.TOGETHER);
        one.meet(1, another.said(0));
        another.meet(0, one.said(1));
    }

    @Test
    void theSameFitOfBothGoesOnTogether() {
        meet(lead, other);
        lead.next();
        other.next();
        meet(lead, other);
    }

    @Test
    void oneThatIsBehindCatchesUpAndOneThatIsAheadIsRefused() {
        other.next();
        assertThat(lead.standing(1, other.said(0))).isEqualTo(Standing.AHEAD);
        lead.next().next();
        assertThat(lead.standing(1, other.said(0))).isEqualTo(Standing.BEHIND);
        other.next();
        meet(lead, other);
    }

    @Test
    void whoeverWasStartedAgainGoesOnWithTheNumberOfTheOthers() {
        meet(lead, other);
        lead.next();
        final Turn otherAgain = Turn.first("other, started again").next();
        meet(lead, otherAgain);
        assertThat(otherAgain.said(0).number()).isEqualTo(2);
        lead.next();
        otherAgain.next();
        final Turn leadAgain = Turn.first("lead, started again").next();
        meet(leadAgain, otherAgain);
        assertThat(leadAgain.said(1).number()).isEqualTo(3);
    }

    @Test
    void allThatWereStartedAgainBeginAnew() {
        meet(lead, other);
        meet(
                Turn.first("lead, started again").next(),
                Turn.first("other, started again").next());
    }
}
