"""Words of the bank's vocabularies that people say of anything: a table is laid, an index card packed. Data only.

An answer that holds no other word of the trade may be about moving house.
"""

from __future__ import annotations

from services.core.plan.bank.cluster import words

EVERYDAY = words(
    "access accessibility accessible account accuracy ack acknowledge action actor actuator address alert "
    "alignment analysis answer any apollo approval arrive artifact ask assessor asset assumption attack attacker "
    "audit average await back background backup backward batch battery behaviour bench block board boot borrow "
    "bottleneck branch break breaker brick broadcast broker bucket budget bug build bundle burn bus button cache "
    "calibrate calibration call camera canary cancel capacity capture cart cascade cassandra caught causal cause "
    "cent certificate certify change channel charge chart check checkout chef chip chunk citation class clean "
    "click client clock cloud coap cold collection collision commit communicate compare compensation compliance "
    "compute confidence conflict connect connection consent container content context contract contrast control "
    "controller conversion core cost counter coverage crash credit currency current customer cut cycle cypress "
    "dangle dark dart data dead deadline debt decision defect define definition degrade delete deletion delivery "
    "designer destroy deviation device diagnostic differ disk dispatch distribution document documentation double "
    "down download drain draw drift drill driver dump duplicate duty edge editor effect electronic engine "
    "environment envoy escalate evaluate evaluation event evict eviction evidence exact experiment "
    "experimentation expire explain exploit explore expo extract fact failure fake false fast fault feature feel "
    "field fill filter find fixture flag flash fleet flex flink flow flutter focus forecast foreground foreign "
    "form forward frame fraud freeze freshness frozen ful function gain garbage gate generate generic gesture "
    "glitch golden grain grid ground group guardrail handshake hang hardware harness hazard head header headroom "
    "health heap helm history hit hook horizontal host hot hour hypothesis iceberg idle image impact import "
    "incident index input interference interval inventory inversion invoice job join judge key keyboard label lag "
    "lake landmark late launch layer layout lazy lead leader leak leakage least legacy letter level library "
    "lifetime lift light limit line link list load local lock log loki loop lose lucene machine main manage "
    "manager manual map mean measure meet memo memory merchant merge message migrate migration minute misses "
    "mobile mock modal mode model module mongo monitor month motor mount narrow navigation negative nest network "
    "nod noise noisy nomad normal notification number object objective offline old once online operator optional "
    "oracle order oscillate outbox owner ownership package packet pact page paint pair panda parallel partial "
    "partner patch pay payment peak peek percent performance permission personal phase phoenix physics pin plan "
    "planner platform playbook player plot pod poison polar policy pool port positive power predict prefect "
    "preview price priority privacy probe process production profile promise prompt prop property prophet "
    "provider publish pull-up puppet purge push question queue race radio raft ram range rank rate read readable "
    "reader reboot recall recommendation record recover recovery reducer refresh refund region register registry "
    "regulator reject release relevance render replay report requirement reserve reset resource response rest "
    "restart restore result resume retire retried retrieve retry review revision rewrite rig risk roll root "
    "rotate round route router row run runner safe safety saga sample scale scan scene schedule scope scrape "
    "screen script scroll seam secret segment selector sensor serve service settlement shadow shake share shed "
    "shift shuffle sidecar sign signal signature significance significant silence simulate simulation size skew "
    "sleep slot slow small snowflake solder source space span spark spend spi spill split spot spreadsheet stack "
    "stage stakeholder stall standby start startup stat static statistical statistics status step stock stop "
    "storage store storybook strangler stream strict strip struct suite surrogate suspense swagger swap switch "
    "symptom table tableau tablet tag task tax teamcity temperature test text them thread threat tick time "
    "timeline tool topic trace traffic train transform transmit tree trigger truck trust truth twice type "
    "understand union unit unknown unsafe update upgrade uplift usage user value vault verify view voltage volume "
    "wake warehouse warm watcher wave week window worker worst writing wrong year zephyr zod zone "
)
