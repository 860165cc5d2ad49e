# P6, P7: records as readers ask for them over HTTP.
load helper
load serving

got() {
	curl -s -o body -w '%{http_code}' "${url}$1"
}

@test "descriptions, files and receipts of what is open; closed and absent are told alike" {
	new_archive
	letters
	photostat deposit letters --id letters --meta title="Letters" --quiet >/dev/null
	photostat edit letters title="Letters of 1913" --quiet >/dev/null
	photostat deposit letters/card.txt --id letters/files/card --quiet >/dev/null
	photostat deposit letters/card.txt --id shut --quiet >/dev/null 2>&1
	photostat access shut closed --authority A --reason privacy --quiet >/dev/null
	photostat policy >policy
	serve archive
	[ "$(got r/letters)" = 200 ]
	grep -q "Letters of 1913" body
	[ "$(got r/letters@1)" = 200 ]
	refute grep -q "Letters of 1913" body
	[ "$(got r/letters@1/files/1913/anna.txt)" = 200 ]
	cmp body letters/1913/anna.txt
	[ "$(got r/letters/files/card)" = 200 ]
	grep -q photostat body
	[ "$(got r/letters/files/card/files/card.txt)" = 200 ]
	cmp body letters/card.txt
	# a receipt proves what was fetched
	[ "$(got 'r/letters@1/receipt?file=1913/anna.txt')" = 200 ]
	cp body anna.tlog-proof
	photostat verify letters/1913/anna.txt --receipt anna.tlog-proof --policy policy
	[ "$(got r/letters/receipt)" = 200 ]
	# headers that keep documents from acting
	curl -s -D head -o /dev/null "${url}r/letters/files/1913/anna.txt"
	grep -qi "sandbox" head
	grep -qi "nosniff" head
	# what is closed is as what never was
	[ "$(got r/absent)" = 404 ]
	cp body absent
	for path in r/shut r/shut@1 r/shut/files/card.txt r/shut/receipt r/letters@9 r/letters/files/absent r/letters/files/photostat.seed/ r/ r/letters/ r/../archive.conf \
		r/letters/files/../../../archive.conf 'r/letters/files/%2e%2e/inventory.json' 'r/shut/receipt?file=card.txt'; do
		[ "$(curl --path-as-is -s -o body -w '%{http_code}' "${url}$path")" = 404 ]
		cmp body absent
	done
	# one file closed: the description does not list it, the others stay, and so do their receipts alone
	photostat access letters 1913/karl.txt closed --authority A --reason privacy --quiet >/dev/null
	[ "$(got r/letters)" = 200 ]
	refute grep -q karl body
	[ "$(got r/letters/files/1913/karl.txt)" = 404 ]
	[ "$(got r/letters/files/1913/anna.txt)" = 200 ]
	[ "$(got r/letters/files/photostat.json)" = 404 ]
	[ "$(got r/letters/receipt)" = 404 ]
	[ "$(got 'r/letters/receipt?file=1913/karl.txt')" = 404 ]
	[ "$(got 'r/letters/receipt?file=1913/anna.txt')" = 200 ]
	refute grep -q karl body
}
