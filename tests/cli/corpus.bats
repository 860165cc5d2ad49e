# Real documents, as a new user would take them in: a letter, six editions, letters in TEI, scans. They are beside the checkout; a clone that
# lacks them skips these.
load helper

corpus() {
	corpus=$BATS_TEST_DIRNAME/../../../shared/corpus
	[ -d "$corpus/$1" ] || skip "shared/corpus/$1 is not beside this checkout"
}

@test "a letter: deposited, described, receipted, verified, damaged, found, mended" {
	corpus joffe-1927
	new_archive
	photostat deposit "$corpus/joffe-1927" --id letter-1927 --meta date=1927-11-15/1927-11-16 --meta language=en --receipts receipts
	photostat event letter-1927 --type custody --date 1927-11 --agent "A second pair of hands" --note "a photostat survives"
	run photostat list --date 1927-11
	[ "${#lines[@]}" -eq 1 ]
	photostat policy >policy
	run photostat verify "$corpus/joffe-1927" --receipt receipts/letter-1927@1.tlog-proof --policy policy
	[ "$status" -eq 0 ]
	photostat receipt letter-1927 letter.txt -o letter.tlog-proof
	run photostat verify "$corpus/joffe-1927/letter.txt" --receipt letter.tlog-proof --policy policy
	[ "$status" -eq 0 ]
	kept=$(find archive/records -name letter.txt)
	cp "$kept" good
	printf X | dd of="$kept" bs=1 seek=100 conv=notrunc status=none
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == "altered: https://example.org/test/r/letter-1927@1: "*letter.txt* ]]
	run photostat get letter-1927 letter.txt -o out.txt
	[ "$status" -ne 0 ]
	[ ! -e out.txt ]
	cp good "$kept"
	run photostat audit letter-1927
	[ "$status" -eq 0 ]
}

@test "six editions, as versions of one record and as records of their own" {
	corpus darwin-origin-ch1
	new_archive
	first=yes
	for year in 1859 1860 1861 1866 1869 1872; do
		mkdir "e$year" && cp "$corpus/darwin-origin-ch1/$year.txt" "e$year/chapter-1.txt"
		if [ $first = yes ]; then
			photostat deposit "e$year" --id origin/chapter-1 --meta date=$year
			first=no
		else
			photostat deposit "e$year" --id origin/chapter-1 --new-version
			photostat deposit "$corpus/darwin-origin-ch1/$year.txt" --id "origin/$year" --meta date=$year --meta isVersionOf=https://example.org/test/r/origin/chapter-1
		fi
	done
	cmp <(photostat get origin/chapter-1@3 chapter-1.txt -o -) "$corpus/darwin-origin-ch1/1861.txt"
	cmp <(photostat get origin/1872 1872.txt -o -) "$corpus/darwin-origin-ch1/1872.txt"
	run photostat show origin/chapter-1
	[[ "$output" == *"version        6"* ]]
	run photostat audit
	[ "$status" -eq 0 ]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
	photostat bag export origin/chapter-1 --all-versions -o bag
	PHOTOSTAT_ARCHIVE=$work/second photostat init second --origin example.org/second --quiet >init2.txt
	PHOTOSTAT_ARCHIVE=$work/second photostat bag import bag
	cmp <(PHOTOSTAT_ARCHIVE=$work/second photostat get bag@6 chapter-1.txt -o -) "$corpus/darwin-origin-ch1/1872.txt"
}

@test "240 letters in TEI, each a record; a second time nothing; a sample audited" {
	corpus letters-tei
	new_archive
	photostat deposit "$corpus/letters-tei" --each-file --meta type=letter --quiet >first
	files=$(find "$corpus/letters-tei" -type f | wc -l)
	[ "$(grep -c '^kept' first)" -eq "$files" ]
	photostat deposit "$corpus/letters-tei" --each-file --meta type=letter --quiet >second
	[ "$(grep -c '^already kept' second)" -eq "$files" ]
	run photostat audit --sample 20
	[ "$status" -eq 0 ]
	[[ "$output" == *"certainty"* ]]
}

@test "scans with their transcription are one record; the hostile PDFs are bytes like any others" {
	corpus handwritten-letter
	new_archive
	photostat deposit "$corpus/handwritten-letter" --meta title="Handwritten letter" --meta language=fr
	run photostat show handwritten-letter
	[[ "$output" == *image/jpeg* ]]
	photostat deposit "$corpus/hostile-pdf" --each --quiet >kept
	[ "$(grep -c '^kept' kept)" -eq "$(find "$corpus/hostile-pdf" -type f | wc -l)" ]
	run photostat audit
	[ "$status" -eq 0 ]
}
