-- Which execution an error was in: its request id, else its trace, of which a call that failed knows no more.
if(request_id != '', request_id, lower(hex(if(errors.trace_id = toFixedString('', 16), toString(errors.span_id), toString(errors.trace_id)))))
