SELECT DISTINCT name AS answer FROM names WHERE service = {service:String} AND name != '' ORDER BY answer
